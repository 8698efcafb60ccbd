/** FTS5 in SQLite, pg_trgm in PostgreSQL if available. Every run created up to `indexed to` is indexed. */

import { sql } from 'kysely'
import { isFinal } from '../../../domain/runs/run.ts'
import type { Database } from '../../database/database.ts'
import { readMeta, writeMeta } from '../../database/meta.ts'
import { type Db, isPostgres, toBytes, toText } from '../../database/tables/tables.ts'
import {
  joinTexts,
  parseTexts,
  selectSizes,
  selectTexts,
  splitTexts,
  type Texts,
  UNSEARCHED,
  unpackTexts,
} from '../rows/texts.ts'

export type RunIndex = {
  index(now: number): Promise<boolean>
}

export const INDEXED_TO = 'search_indexed_to'
/** A run may be stored some time after its creation. */
const SETTLED_MS = 10_000
const LATE_MS = 60_000
/** At 1,000 runs/s, LATE_MS covers too many for one query. */
const MAX_ASKED = 200
/** Callers wait for the transaction, which takes about 4 ms. */
const MAX_RUNS = 8
const MAX_BYTES = 128 * 1024
/** Ids per millisecond. They follow the order of runs. */
const PER_MS = 1024
const ADVISORY_LOCK = 4400_0047
const MIN_WANTED = 3

export function createRunIndex(database: Database): RunIndex {
  let asked: Asked = START
  return {
    async index(now) {
      if (!(await hasIndex(database))) return false
      const batch = await database.read((db) => nextRuns(db, now, asked))
      const isRound = batch.asked.ended === 'end' && batch.asked.late === 'end'
      asked = isRound ? START : batch.asked
      if (batch.ids.length > 0) await database.write((db) => indexBatch(db, batch))
      return batch.ids.length > 0 || !isRound
    },
  }
}

const known = new WeakMap<object, Promise<boolean>>()

function hasIndex(database: Database): Promise<boolean> {
  const found =
    known.get(database) ??
    (database.engine === 'sqlite'
      ? Promise.resolve(true)
      : database.read(async (db) => {
          const { rows } = await sql`select to_regclass('run_texts_trgm') as name`.execute(db)
          return JSON.stringify(rows).includes('run_texts_trgm')
        }))
  known.set(database, found)
  found.catch(() => known.delete(database))
  return found
}

type Place = { readonly id: string; readonly created_at: number }

type Asked = { readonly ended: string | 'end'; readonly late: Place | 'end' }
export const START: Asked = { ended: '', late: { created_at: 0, id: '' } }

type Batch = { readonly ids: readonly string[]; readonly indexedTo: number; readonly asked: Asked }

export async function nextRuns(db: Db, now: number, before: Asked): Promise<Batch> {
  const indexedTo = await readIndexedTo(db)
  const ended = await endedRuns(db, before.ended)
  const late = await lateRuns(db, { indexedTo, now, asked: before.late })
  const asked = { ended: ended.asked, late: late.asked }
  const fresh = await db
    .selectFrom('runs')
    .select(['runs.id', 'runs.created_at'])
    // Other runs of this millisecond may be indexed already.
    .where('runs.created_at', '>=', indexedTo)
    .where('runs.created_at', '<=', now - SETTLED_MS)
    // PostgreSQL expects a single run after a left join, and so read all that the index lacks: 0.8 s at 500,000.
    .where(({ exists, not, selectFrom }) =>
      not(exists(selectFrom('run_texts').select('id').whereRef('run_texts.run_id', '=', 'runs.id'))),
    )
    .orderBy('runs.created_at')
    .orderBy('runs.id')
    .limit(MAX_RUNS)
    .execute()
  const all = [...new Map([...ended.found, ...late.found, ...fresh].map((run) => [run.id, run])).values()]
  if (all.length === 0) return { ids: [], indexedTo, asked }
  const sizes = await selectSizes(
    db,
    all.map(({ id }) => id),
  ).execute()
  const bytesOf = new Map(sizes.map(({ id, bytes }) => [id, bytes]))
  let bytes = 0
  const end = all.findIndex(({ id }, index) => {
    bytes += bytesOf.get(id) ?? 0
    return index > 0 && (bytes > MAX_BYTES || index >= MAX_RUNS)
  })
  const some = end === -1 ? all : all.slice(0, end)
  return {
    ids: some.map(({ id }) => id),
    indexedTo: Math.max(indexedTo, ...some.map((run) => run.created_at)),
    asked,
  }
}

type Found<Asked> = { readonly found: readonly Place[]; readonly asked: Asked }

/** Thousands of indexed runs may still be queued. */
async function endedRuns(db: Db, asked: Asked['ended']): Promise<Found<Asked['ended']>> {
  if (asked === 'end') return { found: [], asked }
  const part = await db
    .selectFrom('search_pending')
    .select('run_id')
    .where('run_id', '>', asked)
    .orderBy('run_id')
    .limit(MAX_ASKED)
    .execute()
  const ids = part.map(({ run_id }) => run_id)
  if (ids.length === 0) return { found: [], asked: 'end' }
  const runs = await db.selectFrom('runs').select(['id', 'created_at', 'status']).where('id', 'in', ids).execute()
  // SQLite would read every ended run for a status condition.
  const found = runs.filter(({ status }) => isFinal(status)).slice(0, MAX_RUNS)
  if (found.length > 0) return { found, asked }
  return { found: [], asked: ids.length < MAX_ASKED ? 'end' : (ids.at(-1) ?? 'end') }
}

type Window = { readonly indexedTo: number; readonly now: number; readonly asked: Asked['late'] }

async function lateRuns(db: Db, { indexedTo, now, asked }: Window): Promise<Found<Asked['late']>> {
  if (asked === 'end') return { found: [], asked }
  // Runs stored earlier existed when the index passed their creation time.
  const since = Math.max(indexedTo - LATE_MS, now - SETTLED_MS - 2 * LATE_MS)
  const start = asked.created_at <= since ? { created_at: since, id: '' } : asked
  const part = await db
    .selectFrom('runs')
    .select(['id', 'created_at'])
    .where(sql<boolean>`(created_at, id) > (${start.created_at}, ${start.id})`)
    .where('created_at', '<', indexedTo)
    .orderBy('created_at')
    .orderBy('id')
    .limit(MAX_ASKED)
    .execute()
  const last = part.at(-1)
  if (last === undefined) return { found: [], asked: 'end' }
  const ids = part.map(({ id }) => id)
  const rows = await db.selectFrom('run_texts').select('run_id').where('run_id', 'in', ids).execute()
  const indexed = new Set(rows.map(({ run_id }) => run_id))
  const found = part.filter(({ id }) => !indexed.has(id)).slice(0, MAX_RUNS)
  if (found.length > 0) return { found, asked: start }
  return { found, asked: part.length < MAX_ASKED ? 'end' : last }
}

async function indexBatch(db: Db, { ids, indexedTo }: Batch): Promise<void> {
  if (isPostgres(db) && !(await isOnlyIndexer(db))) return
  const locked = db.selectFrom('runs').select(['id', 'created_at']).where('id', 'in', ids).orderBy('created_at')
  // A deletion waits for this lock, and then deletes from the index.
  const runs = await locked.orderBy('id').forShare().execute()
  await db.deleteFrom('search_pending').where('run_id', 'in', ids).execute()
  const rows = runs.length === 0 ? [] : await selectTexts(db, ids).execute()
  await db.deleteFrom('run_texts').where('run_id', 'in', ids).execute()
  for (const row of rows.toSorted((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1))) {
    const text = joinTexts(parseTexts(unpackTexts(row)))
    await db
      .insertInto('run_texts')
      .values({ id: await freeId(db, row.created_at), run_id: row.id, text })
      .execute()
    if (isFinal(row.status)) continue
    await db
      .insertInto('search_pending')
      .values({ run_id: row.id })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  const before = await readIndexedTo(db)
  if (indexedTo > before) await writeIndexedTo(db, indexedTo)
}

async function isOnlyIndexer(db: Db): Promise<boolean> {
  const { rows } = await sql<{ mine: boolean }>`select pg_try_advisory_xact_lock(${ADVISORY_LOCK}) as mine`.execute(db)
  return rows[0]?.mine === true
}

async function freeId(db: Db, createdAt: number): Promise<number> {
  const first = createdAt * PER_MS
  const last = await db
    .selectFrom('run_texts')
    .select('id')
    .where('id', '>=', first)
    .where('id', '<', first + PER_MS)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last === undefined ? first : last.id + 1
}

async function readIndexedTo(db: Db): Promise<number> {
  const value = await readMeta(db, INDEXED_TO)
  return value === undefined ? 0 : Number(toText(value))
}

const writeIndexedTo = (db: Db, time: number): Promise<void> => writeMeta(db, INDEXED_TO, toBytes(String(time)))

export async function findIndexedTo(database: Database, wanted: string): Promise<number | null> {
  if ([...wanted].length < MIN_WANTED || wanted.search(UNSEARCHED) !== -1) return null
  return (await hasIndex(database)) ? await database.read(readIndexedTo) : null
}

export type Candidate = { readonly id: number; readonly runId: string }

export async function listCandidates(
  db: Db,
  { wanted, from, before, limit }: { wanted: string; from: number; before: number; limit: number },
): Promise<readonly Candidate[]> {
  const query = isPostgres(db)
    ? sql<{ id: number; run_id: string }>`
          select id, run_id from run_texts
          where text ilike ${`%${wanted.replace(/[\\%_]/g, '\\$&')}%`} and id >= ${from} and id < ${before}
          order by id desc limit ${limit}`
    : sql<{ id: number; run_id: string }>`
          select t.id, t.run_id from run_search join run_texts t on t.id = run_search.rowid
          where run_search match ${trigramsOf(wanted)} and run_search.rowid >= ${from} and run_search.rowid < ${before}
          order by run_search.rowid desc limit ${limit}`
  const { rows } = await query.execute(db)
  return rows.map(({ id, run_id }) => ({ id, runId: run_id }))
}

export async function selectIndexed(db: Db, runIds: readonly string[]): Promise<ReadonlyMap<string, Texts>> {
  if (runIds.length === 0) return new Map()
  const rows = await db.selectFrom('run_texts').select(['run_id', 'text']).where('run_id', 'in', runIds).execute()
  return new Map(rows.map(({ run_id, text }) => [run_id, splitTexts(text)]))
}

const MAX_TRIGRAMS = 24

/** The caller verifies the text. */
function trigramsOf(wanted: string): string {
  const characters = [...wanted]
  const all = characters.slice(2).map((_, index) => characters.slice(index, index + 3).join(''))
  const step = Math.max(1, Math.ceil(all.length / MAX_TRIGRAMS))
  const some = new Set(all.filter((_, index) => index % step === 0 || index === all.length - 1))
  return [...some].map((trigram) => `"${trigram.replaceAll('"', '""')}"`).join(' AND ')
}

export const firstId = (createdAt: number): number => createdAt * PER_MS

export const timeOf = (id: number): number => Math.floor(id / PER_MS)

export async function idAfter(db: Db, createdAt: number, runId: string): Promise<number> {
  const row = await db.selectFrom('run_texts').select('id').where('run_id', '=', runId).executeTakeFirst()
  return row?.id ?? firstId(createdAt)
}

/** `again`: index the remaining texts. */
export async function forgetTexts(db: Db, ids: readonly string[], again: boolean): Promise<void> {
  await db.deleteFrom('run_texts').where('run_id', 'in', ids).execute()
  await db.deleteFrom('search_pending').where('run_id', 'in', ids).execute()
  if (again)
    await db
      .insertInto('search_pending')
      .values(ids.map((run_id) => ({ run_id })))
      .execute()
}
