/** Small batches keep new runs from waiting. */

import { setTimeout as delay } from 'node:timers/promises'
import { type Expression, type ExpressionBuilder, sql } from 'kysely'
import { FINAL_STATUSES } from '../../domain/runs/run.ts'
import type { Database } from '../database/database.ts'
import { type Db, isPostgres, type Tables } from '../database/tables/tables.ts'
import { PACKED, PLAIN, withPayloads } from '../runs/rows/payloads.ts'
import type { RunPosition } from '../runs/rows/records.ts'
import { deletePayloads } from './delete.ts'

export type RetentionStore = {
  findOld(workflowIds: readonly string[], before: number): Promise<ReadonlySet<string>>
  /** Null: all workflows. With `endedBefore`, durable runs that ended later stay. */
  deleteRunsBefore(workflowId: string | null, before: RunPosition, endedBefore?: number): Promise<number>
  deleteTicksBefore(workflowId: string, dueAt: number): Promise<number>
  /** The position before which runs exceed `maxBytes` (stored size). */
  findOverflow(workflowId: string | null, maxBytes: number): Promise<RunPosition | null>
  databaseBytes(): Promise<number>
  returnSpace(): Promise<boolean>
}

/** About 2 ms of SQLite's single writer. */
const BATCH_RUNS = 50
const BATCH_TICKS = 200
/** A single run may be larger. */
const BATCH_BYTES = 4 * 1024 * 1024
const ROW_BYTES = 512
const CHANGE_BYTES = 2048
const MEASURED_RUNS = 250
/** Free pages to keep, and to return per step. */
const SPARE_PAGES = 2000
const RETURNED_PAGES = 200

export function createRetention(database: Database): RetentionStore {
  return {
    findOld: (workflowIds, before) => database.read((db) => findOld(db, workflowIds, before)),
    deleteRunsBefore: (workflowId, before, endedBefore) =>
      deleteRunsBefore(database, workflowId, before, endedBefore ?? null),
    deleteTicksBefore: (workflowId, dueAt) => deleteTicksBefore(database, workflowId, dueAt),
    findOverflow: (workflowId, maxBytes) => findOverflow(database, workflowId, maxBytes),
    databaseBytes: () => database.read(databaseBytes),
    returnSpace: () => returnSpace(database),
  }
}

async function findOld(db: Db, workflowIds: readonly string[], before: number): Promise<ReadonlySet<string>> {
  if (workflowIds.length === 0) return new Set()
  const rows = await db
    .selectFrom('workflows')
    .select('id')
    .where('id', 'in', workflowIds)
    .where(({ or, exists, selectFrom }) =>
      or([
        exists(
          selectFrom('runs')
            .select('runs.id')
            .whereRef('runs.workflow_id', '=', 'workflows.id')
            .where('runs.created_at', '<', before),
        ),
        exists(
          selectFrom('ticks')
            .select('ticks.due_at')
            .whereRef('ticks.workflow_id', '=', 'workflows.id')
            .where('ticks.due_at', '<', before),
        ),
      ]),
    )
    .execute()
  return new Set(rows.map(({ id }) => id))
}

async function deleteRunsBefore(
  database: Database,
  workflowId: string | null,
  before: RunPosition,
  endedBefore: number | null,
): Promise<number> {
  const found = await database.read((db) =>
    withPayloads(db)
      .select(['runs.id', runBytes, changeBytes])
      .$if(workflowId !== null, (query) => query.where('runs.workflow_id', '=', workflowId ?? ''))
      .where('runs.status', 'in', FINAL_STATUSES)
      .$if(endedBefore !== null, (query) =>
        query.where(({ or, eb }) => or([eb('runs.parts', 'is', null), eb('runs.finished_at', '<', endedBefore)])),
      )
      .where(({ eb, refTuple, tuple }) =>
        eb(refTuple('runs.created_at', 'runs.id'), '<', tuple(before.createdAt, before.id)),
      )
      .orderBy('runs.created_at')
      .orderBy('runs.id')
      .limit(BATCH_RUNS)
      .execute(),
  )
  let bytes = 0
  const batch = found.filter((run, index) => {
    bytes += run.bytes + run.change_bytes
    return index === 0 || bytes <= BATCH_BYTES
  })
  if (batch.length === 0) return 0
  const ids = batch.map(({ id }) => id)
  // Final statuses never change, so the read is still valid.
  return database.write((db) => deleteRuns(db, ids))
}

async function deleteRuns(db: Db, ids: readonly string[]): Promise<number> {
  await deletePayloads(db, ids)
  await deleteHistory(db, ids)
  const { numDeletedRows } = await db.deleteFrom('runs').where('id', 'in', ids).executeTakeFirst()
  return Number(numDeletedRows)
}

/** The next changes show their values. */
async function deleteHistory(db: Db, runIds: readonly string[]): Promise<void> {
  const newest = await db
    .selectFrom('setting_changes')
    .select(({ fn }) => ['workflow_id', 'key', fn.max('revision').as('revision')])
    .where('run_id', 'in', runIds)
    .groupBy(['workflow_id', 'key'])
    .execute()
  for (const { workflow_id, key, revision } of newest) {
    await db
      .deleteFrom('setting_changes')
      .where('workflow_id', '=', workflow_id)
      .where('key', '=', key)
      .where('revision', '<', revision)
      .execute()
  }
}

/** A lost run is restarted from its tick. */
async function deleteTicksBefore(database: Database, workflowId: string, dueAt: number): Promise<number> {
  const found = await database.read((db) =>
    db
      .selectFrom('ticks')
      .select('due_at')
      .where('workflow_id', '=', workflowId)
      .where('due_at', '<', dueAt)
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('runs').select('runs.id').whereRef('runs.id', '=', 'ticks.run_id'))),
      )
      .orderBy('due_at')
      .limit(BATCH_TICKS)
      .execute(),
  )
  if (found.length === 0) return 0
  const times = found.map(({ due_at }) => due_at)
  return database.write(async (db) => {
    const { numDeletedRows } = await db
      .deleteFrom('ticks')
      .where('workflow_id', '=', workflowId)
      .where('due_at', 'in', times)
      .executeTakeFirst()
    return Number(numDeletedRows)
  })
}

async function findOverflow(
  database: Database,
  workflowId: string | null,
  maxBytes: number,
): Promise<RunPosition | null> {
  let bytes = 0
  let last: RunPosition | null = null
  for (;;) {
    const start = performance.now()
    const rows = await database.read((db) => selectMeasured(db, workflowId, last))
    for (const row of rows) {
      bytes += row.bytes
      if (bytes > maxBytes) return last ?? { createdAt: row.created_at, id: row.id }
      last = { createdAt: row.created_at, id: row.id }
    }
    if (rows.length < MEASURED_RUNS) return null
    // Half a million runs take 7 s. Others get half of the time.
    await delay(performance.now() - start)
  }
}

function selectMeasured(db: Db, workflowId: string | null, after: RunPosition | null) {
  let query = withPayloads(db)
    .select(['runs.id', 'runs.created_at', runBytes])
    .$if(workflowId !== null, (all) => all.where('runs.workflow_id', '=', workflowId ?? ''))
  if (after !== null) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('runs.created_at', 'runs.id'), '<', tuple(after.createdAt, after.id)),
    )
  }
  return query.orderBy('runs.created_at', 'desc').orderBy('runs.id', 'desc').limit(MEASURED_RUNS).execute()
}

type Joined = ExpressionBuilder<Tables, 'runs' | 'run_requests' | 'run_results' | 'run_calls'>

function runBytes() {
  const sizes = [...PLAIN, ...PACKED].map((name) => sql`coalesce(octet_length(${sql.ref(name)}), 0)`)
  return sql<number>`${sql.join(sizes, sql` + `)} + ${sql.lit(ROW_BYTES)}`.as('bytes')
}

function changeBytes({ selectFrom, fn, eb }: Joined) {
  const changes: Expression<number> = selectFrom('setting_changes')
    .select(fn.countAll<number>().as('count'))
    .whereRef('setting_changes.run_id', '=', 'runs.id')
    .$asScalar()
  return eb(changes, '*', sql.lit(CHANGE_BYTES)).as('change_bytes')
}

export async function databaseBytes(db: Db): Promise<number> {
  const size = isPostgres(db)
    ? sql<{ bytes: number }>`select pg_database_size(current_database()) as bytes`
    : sql<{ bytes: number }>`select page_count * page_size as bytes from pragma_page_count, pragma_page_size`
  return Number((await size.execute(db)).rows[0]?.bytes ?? 0)
}

/** SQLite's file shrinks only with auto_vacuum from its creation (sqlite.ts). */
async function returnSpace(database: Database): Promise<boolean> {
  if (database.engine !== 'sqlite') return false
  const free = () =>
    database.read(async (db) => {
      const { rows } = await sql<{ pages: number }>`select freelist_count as pages from pragma_freelist_count`.execute(
        db,
      )
      return rows[0]?.pages ?? 0
    })
  const before = await free()
  if (before <= SPARE_PAGES) return false
  await database.write((db) => sql`pragma incremental_vacuum(${sql.lit(RETURNED_PAGES)})`.execute(db))
  return (await free()) < before
}
