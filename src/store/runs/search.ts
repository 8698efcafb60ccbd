/**
 * Finds a text in what runs were sent, said and answered. There is no index over it, which each run would pay for:
 * a search looks at a bounded number of the newest runs that fit the filter, and goes on where it stopped.
 */

import { sql } from 'kysely'
import type { Run } from '../../domain/run.ts'
import type { Database } from '../database/database.ts'
import { type PageQuery, readCursor, writeCursor } from '../database/paging.ts'
import { type Db, toText } from '../database/tables.ts'
import { listRuns } from './list.ts'
import { unpackSmall } from './payloads.ts'
import type { RunFilter, SearchPage } from './records.ts'
import { parseLogs, parseResult } from './rows.ts'

/** Runs that one search looks at: 500 with a kilobyte each took 12 ms. Texts longer than this are not looked into. */
const MAX_RUNS = 500
const MAX_TEXT = 64 * 1024
/** Text that one search looks through, and that it looks through without a pause: 1 MiB takes some 8 ms. */
const MAX_SCANNED = 4 * 1024 * 1024
const MAX_AT_ONCE = 1024 * 1024
const MAX_BATCH = 250

/** Runs that hold the text, in any case, newest first; the page says how far back it has looked. */
export async function searchRuns(
  database: Pick<Database, 'read'>,
  filter: RunFilter,
  text: string,
  page: PageQuery,
): Promise<SearchPage> {
  const wanted = text.toLowerCase()
  const { data, nextCursor } = await database.read((db) =>
    listRuns(db, filter, { limit: MAX_RUNS, cursor: page.cursor }),
  )
  const found: Run[] = []
  let searchedBackTo = cursorTime(page)
  let scanned = 0
  for (let from = 0; from < data.length; ) {
    const batch = await database.read((db) => selectBatch(db, data.slice(from, from + MAX_BATCH)))
    const { looked, holding, length } = lookInto(batch, wanted)
    for (const run of looked) {
      if (holding.has(run.id)) found.push(run)
      searchedBackTo = run.createdAt
      if (found.length === page.limit) return { data: found, nextCursor: cursorAfter(run), searchedBackTo }
    }
    from += looked.length
    scanned += length
    const last = looked.at(-1)
    if (last === undefined || (scanned >= MAX_SCANNED && from < data.length)) {
      return { data: found, nextCursor: last === undefined ? null : cursorAfter(last), searchedBackTo }
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { data: found, nextCursor, searchedBackTo }
}

/** A run and its texts, as stored. What is longer than `MAX_TEXT` is left out. */
type Texts = {
  readonly run: Run
  readonly texts:
    | {
        readonly body: Uint8Array | null
        readonly body_packed: Uint8Array | null
        readonly result_json: string | null
        readonly result_packed: Uint8Array | null
        readonly logs_json: string | null
        readonly logs_packed: Uint8Array | null
      }
    | undefined
}

/** The first of these runs whose texts may be read at once; at least one. */
async function selectBatch(db: Db, runs: readonly Run[]): Promise<readonly Texts[]> {
  const ids = runs.map(({ id }) => id)
  const sizes = await selectPayloads(db, ids).select(['runs.id', storedBytes]).execute()
  const bytesOf = new Map(sizes.map(({ id, bytes }) => [id, bytes]))
  let bytes = 0
  const end = runs.findIndex(({ id }, index) => {
    bytes += bytesOf.get(id) ?? 0
    return index > 0 && bytes > MAX_AT_ONCE
  })
  const some = end === -1 ? runs : runs.slice(0, end)
  const rows = await selectPayloads(
    db,
    some.map(({ id }) => id),
  )
    .select('runs.id')
    .select([
      short<Uint8Array, 'body'>('body'),
      short<Uint8Array, 'body_packed'>('body_packed'),
      short<string, 'result_json'>('result_json'),
      short<Uint8Array, 'result_packed'>('result_packed'),
      short<string, 'logs_json'>('logs_json'),
      short<Uint8Array, 'logs_packed'>('logs_packed'),
    ])
    .execute()
  const textsOf = new Map(rows.map((row) => [row.id, row]))
  return some.map((run) => ({ run, texts: textsOf.get(run.id) }))
}

const selectPayloads = (db: Db, ids: readonly string[]) =>
  db
    .selectFrom('runs')
    .leftJoin('run_requests', 'run_requests.run_id', 'runs.id')
    .leftJoin('run_results', 'run_results.run_id', 'runs.id')
    .where('runs.id', 'in', ids)

const COLUMNS = ['body', 'body_packed', 'result_json', 'result_packed', 'logs_json', 'logs_packed'] as const
type Column = (typeof COLUMNS)[number]

/** The column; null when it is longer than what is looked into. */
function short<T, Name extends Column>(name: Name) {
  const column = sql.ref(name)
  return sql<T | null>`case when octet_length(${column}) <= ${sql.lit(MAX_TEXT)} then ${column} end`.as(name)
}

function storedBytes() {
  const sizes = COLUMNS.map((name) => {
    const size = sql`coalesce(octet_length(${sql.ref(name)}), 0)`
    return sql`case when ${size} <= ${sql.lit(MAX_TEXT)} then ${size} else 0 end`
  })
  return sql<number>`${sql.join(sizes, sql` + `)}`.as('bytes')
}

const cursorAfter = ({ createdAt, id }: Run): string => writeCursor([createdAt, id])

function cursorTime(page: PageQuery): number | null {
  const position = readCursor(page, ['number', 'string'])
  return position === null ? null : Number(position[0])
}

/** Looks through the texts of runs until they are too long together: little may unpack to very much. */
function lookInto(batch: readonly Texts[], wanted: string) {
  const looked: Run[] = []
  const holding = new Set<string>()
  let length = 0
  for (const { run, texts } of batch) {
    if (length >= MAX_AT_ONCE) break
    looked.push(run)
    const body = texts?.body_packed ? textOf(null, texts.body_packed) : toTextOrNull(texts?.body ?? null)
    const result = textOf(texts?.result_json ?? null, texts?.result_packed ?? null)
    const logs = textOf(texts?.logs_json ?? null, texts?.logs_packed ?? null)
    length += [body, result, logs].reduce((sum, text) => sum + (text?.length ?? 0), 0)
    if (saysIt(run, wanted) || holds(body, wanted) || holdsResult(result, logs, wanted)) holding.add(run.id)
  }
  return { looked, holding, length }
}

const saysIt = ({ message, label, warnings }: Run, wanted: string): boolean =>
  [message, label, ...warnings.map((warning) => warning.message)].some((text) => holds(text, wanted))

const toTextOrNull = (bytes: Uint8Array | null): string | null => (bytes === null ? null : toText(bytes))

function textOf(plain: string | null, packed: Uint8Array | null): string | null {
  const bytes = packed === null ? null : unpackSmall(packed, MAX_TEXT)
  return bytes === null ? plain : toText(bytes)
}

function holdsResult(result_json: string | null, logs_json: string | null, wanted: string): boolean {
  const escaped = JSON.stringify(wanted).slice(1, -1)
  // Only what may hold it is taken apart: names of fields and streams are not what was said.
  if (holds(result_json, escaped) && result_json !== null) {
    const { traceback, response, result } = parseResult(result_json)
    if ([traceback, response?.body ?? null, result].some((text) => holds(text, wanted))) return true
  }
  return holds(logs_json, escaped) && logs_json !== null && parseLogs(logs_json).some(({ text }) => holds(text, wanted))
}

const holds = (text: string | null, wanted: string): boolean => text?.toLowerCase().includes(wanted) ?? false
