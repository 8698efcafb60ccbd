/** The first run of a lane starts. The next waits for the end of its last attempt. */

import { type ExpressionBuilder, sql } from 'kysely'
import { type Db, isPostgres, type Tables } from '../../database/tables/tables.ts'

const LOCK_SPACE = 4401
/** Must equal the condition of the index in 0088-start.sql. */
const ACTIVE = sql<boolean>`ahead.lane is not null and ahead.status in ('queued', 'running')`

/** The lock lasts until the end of the transaction, so positions follow the commit order. */
export async function nextPosition(db: Db, workflowId: string, lane: string): Promise<number> {
  if (isPostgres(db)) {
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

/** After its wait, a run is first in its lane, although another may be running. */
export function isNextToRunning({ and, eb, exists, selectFrom }: ExpressionBuilder<Tables, 'runs' | 'workflows'>) {
  return and([
    eb('runs.parts', '>', 0),
    exists(
      selectFrom('runs as ahead')
        .select('ahead.id')
        .whereRef('ahead.workflow_id', '=', 'runs.workflow_id')
        .whereRef('ahead.lane', '=', 'runs.lane')
        .where('ahead.status', '=', 'running')
        .where(ACTIVE),
    ),
  ])
}

/** The next attempt keeps the run's position. */
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
