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

type Given = ExpressionBuilder<Tables, 'runs' | 'workflows'>

/** After its wait, a run is first in its lane, although another may be running. */
export const isNextToRunning = (given: Given) =>
  given.and([given('runs.parts', '>', 0), given.exists(inLane(given).where('ahead.status', '=', 'running'))])

/** The next attempt keeps the run's position. */
export const isBehind = (given: Given) =>
  given.exists(inLane(given).whereRef('ahead.lane_position', '<', 'runs.lane_position'))

const inLane = ({ selectFrom }: Given) =>
  selectFrom('runs as ahead')
    .select('ahead.id')
    .whereRef('ahead.workflow_id', '=', 'runs.workflow_id')
    .whereRef('ahead.lane', '=', 'runs.lane')
    .where(ACTIVE)
