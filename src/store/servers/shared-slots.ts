/** Slots of a workflow on a shared database: running rows are counted under a lock. */

import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import type { Peers } from './peers.ts'

/** Separates these locks from other advisory locks in the database. */
export const LOCK_SPACE = 4400

/**
 * Whether the workflow has a free slot. Other servers cannot start a run until this transaction ends. A lone server
 * counts its slots in memory.
 */
export async function hasSharedSlot(db: Db, peers: Peers, workflowId: string): Promise<boolean> {
  if (!(await peers.exist(db))) return true
  await sql`select pg_advisory_xact_lock(hashtextextended(${workflowId}, ${LOCK_SPACE}))`.execute(db)
  return await countSlots(db, workflowId)
}

/** Does not wait. Returns false if another server has the lock. */
export async function trySharedSlot(db: Db, workflowId: string): Promise<boolean> {
  const { rows } = await sql<{
    locked: boolean
  }>`select pg_try_advisory_xact_lock(hashtextextended(${workflowId}, ${LOCK_SPACE})) as locked`.execute(db)
  return rows[0]?.locked === true && (await countSlots(db, workflowId))
}

/** A separate statement, which sees commits during the wait for the lock. */
async function countSlots(db: Db, workflowId: string): Promise<boolean> {
  const row = await db
    .selectFrom('workflows')
    .select('max_concurrency')
    .select(({ selectFrom, fn }) =>
      selectFrom('runs')
        .select(fn.countAll<number>().as('count'))
        .where('status', '=', 'running')
        .where('trigger', '<>', 'trial')
        .whereRef('runs.workflow_id', '=', 'workflows.id')
        .as('taken'),
    )
    .where('id', '=', workflowId)
    .executeTakeFirst()
  return row === undefined || (row.taken ?? 0) < row.max_concurrency
}
