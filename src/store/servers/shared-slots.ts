/** Places of a workflow when several servers share the database: its running rows are counted, under a lock. */

import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import type { Peers } from './peers.ts'

/** Keeps these locks apart from others in the database. */
export const LOCK_SPACE = 4400

/**
 * Whether the workflow has a free place for a run that this transaction is about to start. Until it ends, no other
 * server can start one; who is alone counts its places in memory.
 */
export async function hasSharedSlot(db: Db, peers: Peers, workflowId: string): Promise<boolean> {
  if (!(await peers.exist(db))) return true
  await sql`select pg_advisory_xact_lock(hashtextextended(${workflowId}, ${LOCK_SPACE}))`.execute(db)
  return await countSlots(db, workflowId)
}

/** The same for who knows that there are others, without waiting: false also while one of them looks. */
export async function trySharedSlot(db: Db, workflowId: string): Promise<boolean> {
  const { rows } = await sql<{
    locked: boolean
  }>`select pg_try_advisory_xact_lock(hashtextextended(${workflowId}, ${LOCK_SPACE})) as locked`.execute(db)
  return rows[0]?.locked === true && (await countSlots(db, workflowId))
}

/** A separate statement: it must see what was committed while the one before waited for the lock. */
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
