/**
 * Finds a text in what runs were sent, said and answered. There is no index over it, which each run would pay for:
 * a search looks at a bounded number of the newest runs that fit the filter, and goes on where it stopped.
 */

import type { Run } from '../../domain/run.ts'
import { type PageQuery, readCursor, writeCursor } from '../database/paging.ts'
import { type Db, toText } from '../database/tables.ts'
import { listRuns } from './list.ts'
import { unpackSmall } from './payloads.ts'
import type { RunFilter, SearchPage } from './records.ts'
import { parseLogs, parseResult } from './rows.ts'

/** Runs that one search looks at: 500 with a kilobyte each took 12 ms. Texts longer than this are not looked into. */
const MAX_RUNS = 500
const CHUNK = 250
const MAX_BYTES = 64 * 1024

/** Runs that hold the text, in any case, newest first; the page says how far back it has looked. */
export async function searchRuns(db: Db, filter: RunFilter, text: string, page: PageQuery): Promise<SearchPage> {
  const wanted = text.toLowerCase()
  const found: Run[] = []
  let cursor = page.cursor
  let searchedBackTo = cursorTime(page)
  for (let looked = 0; looked < MAX_RUNS; looked += CHUNK) {
    const { data, nextCursor } = await listRuns(db, filter, { limit: CHUNK, cursor })
    const ids = await findTexts(db, data, wanted)
    for (const run of data) {
      if (ids.has(run.id)) found.push(run)
      searchedBackTo = run.createdAt
      if (found.length === page.limit) return { data: found, nextCursor: cursorAfter(run), searchedBackTo }
    }
    cursor = nextCursor
    if (cursor === null) break
  }
  return { data: found, nextCursor: cursor, searchedBackTo }
}

const cursorAfter = ({ createdAt, id }: Run): string => writeCursor([createdAt, id])

function cursorTime(page: PageQuery): number | null {
  const position = readCursor(page, ['number', 'string'])
  return position === null ? null : Number(position[0])
}

async function findTexts(db: Db, runs: readonly Run[], wanted: string): Promise<ReadonlySet<string>> {
  const ids = runs.map(({ id }) => id)
  if (ids.length === 0) return new Set()
  const said = runs.filter(
    (run) =>
      holds(run.message, wanted) || holds(run.label, wanted) || run.warnings.some((one) => holds(one.message, wanted)),
  )
  const requests = await db
    .selectFrom('run_requests')
    .select(['run_id', 'body', 'body_packed'])
    .where('run_id', 'in', ids)
    .where(({ or, eb, fn }) =>
      or([eb(fn<number>('length', ['body']), '<=', MAX_BYTES), eb('body_packed', 'is not', null)]),
    )
    .execute()
  const results = await db
    .selectFrom('run_results')
    .select(['run_id', 'result_packed', 'logs_packed'])
    .select(({ fn, eb }) => [
      eb
        .case()
        .when(fn<number>('length', ['result_json']), '<=', MAX_BYTES)
        .then(eb.ref('result_json'))
        .end()
        .as('result_json'),
      eb
        .case()
        .when(fn<number>('length', ['logs_json']), '<=', MAX_BYTES)
        .then(eb.ref('logs_json'))
        .end()
        .as('logs_json'),
    ])
    .where('run_id', 'in', ids)
    .execute()
  return new Set([
    ...said.map(({ id }) => id),
    ...requests.filter((row) => holds(bodyText(row), wanted)).map(({ run_id }) => run_id),
    ...results.filter((row) => holdsResult(row, wanted)).map(({ run_id }) => run_id),
  ])
}

function bodyText({ body, body_packed }: { body: Uint8Array | null; body_packed: Uint8Array | null }): string | null {
  const bytes = body_packed === null ? body : unpackSmall(body_packed, MAX_BYTES)
  return bytes === null ? null : toText(bytes)
}

type ResultRow = {
  result_json: string | null
  result_packed: Uint8Array | null
  logs_json: string | null
  logs_packed: Uint8Array | null
}

function textOf(plain: string | null, packed: Uint8Array | null): string | null {
  const bytes = packed === null ? null : unpackSmall(packed, MAX_BYTES)
  return bytes === null ? plain : toText(bytes)
}

function holdsResult(row: ResultRow, wanted: string): boolean {
  const result_json = textOf(row.result_json, row.result_packed)
  const logs_json = textOf(row.logs_json, row.logs_packed)
  const escaped = JSON.stringify(wanted).slice(1, -1)
  // Only what may hold it is taken apart: names of fields and streams are not what was said.
  if (holds(result_json, escaped) && result_json !== null) {
    const { traceback, response, result } = parseResult(result_json)
    if ([traceback, response?.body ?? null, result].some((text) => holds(text, wanted))) return true
  }
  return holds(logs_json, escaped) && logs_json !== null && parseLogs(logs_json).some(({ text }) => holds(text, wanted))
}

const holds = (text: string | null, wanted: string): boolean => text?.toLowerCase().includes(wanted) ?? false
