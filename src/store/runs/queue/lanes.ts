/** Lanes: of runs with the same lane only the first starts, until its last attempt has ended. */

import { type ExpressionBuilder, PostgresAdapter, sql } from 'kysely'
import type { Db, Tables } from '../../database/tables.ts'

/** Keeps these locks apart from others in the database. */
const LOCK_SPACE = 4401
/** To the letter the condition of the index (0040-lanes.ts). */
const ACTIVE = sql<boolean>`ahead.lane is not null and ahead.status in ('queued', 'running')`

/**
 * The position of a run that is accepted now: behind all others of its lane. On PostgreSQL other servers wait until this
 * transaction has ended, so positions follow the order of commits.
 */
export async function nextPosition(db: Db, workflowId: string, lane: string): Promise<number> {
  if (db.getExecutor().adapter instanceof PostgresAdapter) {
    const name = `${workflowId} ${lane}`
    await sql`select pg_advisory_xact_lock(hashtextextended(${name}, ${LOCK_SPACE}))`.execute(db)
  }
  const { last } = await db
    .selectFrom('runs as ahead')
    .select(({ fn }) => fn.max('ahead.lane_position').as('last'))
    .where('ahead.workflow_id', '=', workflowId)
    .where('ahead.lane', '=', lane)
    .where(ACTIVE)
    .executeTakeFirstOrThrow()
  return (last ?? 0) + 1
}

/** Whether another run of the lane of `runs` comes first. The next attempt of a run keeps its position, and holds the lane. */
export function isBehind({ exists, selectFrom }: ExpressionBuilder<Tables, 'runs' | 'workflows'>) {
  return exists(
    selectFrom('runs as ahead')
      .select('ahead.id')
      .whereRef('ahead.workflow_id', '=', 'runs.workflow_id')
      .whereRef('ahead.lane', '=', 'runs.lane')
      .whereRef('ahead.lane_position', '<', 'runs.lane_position')
      .where(ACTIVE),
  )
}
