/** Which queued run comes next, however many of workflows that have no slot come before it. */

import { type ExpressionBuilder, sql } from 'kysely'
import type { Database } from '../../database/database.ts'
import type { Db, Tables } from '../../database/tables.ts'
import { isBehind } from './lanes.ts'

type Wanted = {
  readonly limit: number
  readonly now: number
  /** Workflows whose runs have to wait. */
  readonly skip: readonly string[]
}

/** With more other workflows than this, one of them has a run near the head of the queue as a rule. */
const MAX_OTHERS = 30
const WINDOW = 1000

/**
 * The oldest of those that may start, locked. Walking past 200,000 queued runs of workflows that were full took 0.3 s for each look, so
 * where some have to wait, the others are found first, by an index that has them one after the other.
 */
export async function findOldest(db: Db, { engine }: Pick<Database, 'engine'>, { limit, now, skip }: Wanted) {
  const oldest = selectEligible(db, now)
    .select(['runs.id', 'runs.workflow_id', 'workflows.archived'])
    .orderBy('runs.not_before')
    .orderBy('runs.id')
    .limit(limit)
    // Servers that claim at once each take other rows, without waiting.
    .$if(engine === 'postgres', (query) => query.forUpdate('runs').skipLocked())
  if (skip.length === 0) return await oldest.execute()
  const others = await listOthers(db, skip)
  if (others.length === 0) return []
  if (others.length === MAX_OTHERS) {
    const found = await oldest.where('runs.id', 'in', selectWindow(db, now, skip)).execute()
    if (found.length > 0) return found
  }
  const first = await findFirst(db, now, others)
  if (first === null) return []
  return await oldest.where('runs.not_before', '>=', first).where('runs.workflow_id', 'not in', skip).execute()
}

/** When the oldest run of these workflows that may start became due; null: none may. */
async function findFirst(db: Db, now: number, workflowIds: readonly string[]): Promise<number | null> {
  const rows = await db
    .selectFrom('workflows as waiting')
    .select(
      selectEligible(db, now)
        .select('runs.not_before')
        .where('runs.workflow_id', '=', sql<string>`waiting.id`)
        .orderBy('runs.not_before')
        .orderBy('runs.id')
        .limit(1)
        .as('due_at'),
    )
    .where('waiting.id', 'in', workflowIds)
    .execute()
  const times = rows.flatMap(({ due_at }) => (due_at === null ? [] : [due_at]))
  return times.length === 0 ? null : Math.min(...times)
}

function selectEligible(db: Db, now: number) {
  return (
    db
      .selectFrom('runs')
      .innerJoin('workflows', 'workflows.id', 'runs.workflow_id')
      // Written out, not bound: so SQLite sees that the index of queued runs holds them all.
      .where('runs.status', '=', sql.lit('queued'))
      .where('runs.not_before', '<=', now)
      .where((given) => given.not(waitsForLastRun(given)))
      .where((given) => given.or([given('runs.lane', 'is', null), given.not(isBehind(given))]))
  )
}

/** Those near the head of the queue that need not wait. */
const selectWindow = (db: Db, now: number, skip: readonly string[]) =>
  db
    .selectFrom((eb) =>
      eb
        .selectFrom('runs')
        .select(['id', 'workflow_id'])
        .where('status', '=', sql.lit('queued'))
        .where('not_before', '<=', now)
        .orderBy('not_before')
        .orderBy('id')
        .limit(WINDOW)
        .as('head'),
    )
    .select('head.id')
    .where('head.workflow_id', 'not in', skip)

/** Workflows with queued runs but these, by id. From one to the next by the index, not by their runs. */
async function listOthers(db: Db, skip: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ workflow_id: string }>`
    with recursive waiting(workflow_id) as (
      select (select workflow_id from runs where status = 'queued' order by workflow_id limit 1)
      union all
      select (select runs.workflow_id from runs
        where runs.status = 'queued' and runs.workflow_id > waiting.workflow_id order by runs.workflow_id limit 1)
      from waiting where waiting.workflow_id is not null
    )
    select workflow_id from waiting
    where workflow_id is not null and workflow_id not in (${sql.join(skip)}) limit ${sql.lit(MAX_OTHERS)}`.execute(db)
  return rows.map(({ workflow_id }) => workflow_id)
}

/** With overlap `queue` a tick's run waits for the run under way, however many places the workflow has. */
function waitsForLastRun({ and, eb, exists, selectFrom }: ExpressionBuilder<Tables, 'runs' | 'workflows'>) {
  return and([
    eb('runs.trigger', '=', 'schedule'),
    eb('workflows.schedule_json', 'like', '%"overlap":"queue"%'),
    exists(
      selectFrom('runs as last')
        .select('last.id')
        .whereRef('last.workflow_id', '=', 'runs.workflow_id')
        .where('last.status', '=', 'running')
        .where('last.trigger', '<>', 'trial'),
    ),
  ])
}
