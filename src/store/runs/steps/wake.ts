import { sql } from 'kysely'
import type { StepKind, WaitingFor } from '../../../domain/runs/steps.ts'
import type { Db } from '../../database/tables/tables.ts'
import { runsBy } from '../rows/runs-by.ts'
import type { Wake } from '../rows/step-records.ts'
import { addStarter } from './starters.ts'
import { endTasks } from './task-rows.ts'

const TIMERS: readonly StepKind[] = ['sleep', 'retry']
const DONE = sql.lit<'done' | 'timed_out'>('done')
const TIMED_OUT = sql.lit<'done' | 'timed_out'>('timed_out')

/** Runs of disabled workflows keep waiting. */
export async function wakeDue(db: Db, now: number, limit: number): Promise<readonly number[]> {
  const due = await db
    .selectFrom(runsBy(db, 'runs_waiting'))
    .innerJoin('workflows', 'workflows.id', 'runs.workflow_id')
    .select(['runs.id', 'runs.not_before'])
    .where('runs.status', '=', sql.lit<'waiting'>('waiting'))
    .where('runs.not_before', '<=', now)
    .where('workflows.enabled', '=', 1)
    .orderBy('runs.not_before')
    .orderBy('runs.id')
    .limit(limit)
    .forUpdate('runs')
    .skipLocked()
    .execute()
  await wake(
    db,
    due.map(({ id }) => id),
    now,
  )
  return due.map(({ not_before }) => now - (not_before ?? now))
}

export async function wakeRun(db: Db, { runId, name, by, now }: Wake): Promise<boolean> {
  const run = await db
    .selectFrom('runs')
    .innerJoin('workflows', 'workflows.id', 'runs.workflow_id')
    .select(['runs.id', 'runs.retry_of', 'workflows.enabled'])
    .where('runs.id', '=', runId)
    .where('runs.status', '=', 'waiting')
    // Null: it is held.
    .where('runs.not_before', 'is not', null)
    .executeTakeFirst()
  if (run === undefined) return false
  const { numUpdatedRows } = await db
    .updateTable('run_steps')
    .set({ until: now })
    .where('run_id', '=', run.retry_of ?? run.id)
    .where('status', '=', 'waiting')
    .where('kind', 'in', TIMERS)
    .$if(name !== null, (query) => query.where('name_json', '=', JSON.stringify(name)))
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return false
  if (run.enabled === 0) await sleepOn(db, runId, now)
  else if ((await wake(db, [runId], now)) === 0) return false
  await addStarter(db, run.retry_of ?? run.id, by)
  return true
}

/** The run of a disabled workflow continues when the workflow is enabled. */
async function sleepOn(db: Db, runId: string, now: number): Promise<void> {
  const run = db.updateTable('runs').where('id', '=', runId).where('status', '=', 'waiting')
  await run.set({ not_before: now }).execute()
}

/** Runs return to their old lane positions. Returns how many waited. */
async function wake(db: Db, runIds: readonly string[], now: number): Promise<number> {
  if (runIds.length === 0) return 0
  const runs = await db
    .updateTable('runs')
    .set(({ eb, fn }) => ({
      status: 'queued',
      not_before: now,
      waiting_json: null,
      waited_ms: eb(fn.coalesce('waited_ms', eb.lit(0)), '+', eb(eb.val(now), '-', eb.ref('turned_at'))),
      turned_at: now,
    }))
    .where('id', 'in', runIds)
    .where('status', '=', 'waiting')
    .returning(['id', 'retry_of', 'workflow_id', 'lane'])
    .execute()
  if (runs.length === 0) return 0
  const firstIds = runs.map(({ id, retry_of }) => retry_of ?? id)
  await db
    .updateTable('run_steps')
    .set(({ eb }) => ({
      status: eb.case().when('kind', 'in', TIMERS).then(DONE).else(TIMED_OUT).end(),
      finished_at: now,
    }))
    .where('run_id', 'in', firstIds)
    .where('status', '=', 'waiting')
    .where('until', '<=', now)
    .execute()
  await endTasks(db, firstIds, 'expired', now)
  for (const { id, workflow_id, lane } of runs) if (lane !== null) await returnToLane(db, id, workflow_id, lane)
  return runs.length
}

/** An empty lane restarts its positions: the run moves ahead of all others. */
async function returnToLane(db: Db, runId: string, workflowId: string, lane: string): Promise<void> {
  const { first } = await db
    .selectFrom('runs')
    .select(({ fn }) => fn.min('lane_position').as('first'))
    .where('workflow_id', '=', workflowId)
    .where('lane', '=', lane)
    .where('id', '<>', runId)
    .where(sql<boolean>`lane is not null and status in ('queued', 'running')`)
    .executeTakeFirstOrThrow()
  if (first === null) return
  await db
    .updateTable('runs')
    .set(({ eb }) => ({
      lane_position: eb
        .case()
        .when('lane_position', '<', first)
        .then(eb.ref('lane_position'))
        .else(first - 1)
        .end(),
    }))
    .where('id', '=', runId)
    .execute()
}

const ENDED_BY_OTHERS: readonly StepKind[] = ['event', 'task', 'run']

/** Held runs and runs of disabled workflows continue later. */
export async function wakeForEvent(db: Db, runId: string, now: number): Promise<void> {
  const run = await db
    .selectFrom('runs')
    .innerJoin('workflows', 'workflows.id', 'runs.workflow_id')
    .select(['runs.not_before', 'runs.waiting_json', 'workflows.enabled'])
    .where('runs.id', '=', runId)
    .where('runs.status', '=', 'waiting')
    .executeTakeFirst()
  if (run === undefined) return
  const waits: readonly WaitingFor[] = JSON.parse(run.waiting_json ?? '[]')
  const over = JSON.stringify(
    waits.map((wait) => (ENDED_BY_OTHERS.includes(wait.kind) ? { ...wait, until: now } : wait)),
  )
  if (run.not_before === null)
    await db.updateTable('runs').set({ waiting_json: over }).where('id', '=', runId).execute()
  else if (run.enabled === 1) await wake(db, [runId], now)
  else await sleepOn(db, runId, now)
}
