import { sql } from 'kysely'
import { FAILED_STATUSES, FINAL_STATUSES } from '../../domain/runs/run.ts'
import type { CanaryOutcome, CanarySide } from '../../domain/trials/canary.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { REPORTED } from '../database/tables/runs.ts'
import type { Db } from '../database/tables/tables.ts'
import { percentile } from '../runs/read/stats.ts'

export type CanarySides = { readonly deployed: CanarySide; readonly candidate: CanarySide }

const MAX_COUNTED = 5000
const MAX_TIMED = 1000

/** Call it in the transaction of the workflow change. */
export async function followCanary(
  db: Db,
  before: Workflow,
  after: Pick<Workflow, 'canary' | 'deployedVersionId'>,
  now: number,
  outcome: CanaryOutcome = 'aborted',
): Promise<void> {
  if (before.canary?.version === after.canary?.version) return
  if (before.canary !== null) {
    const { deployedVersionId } = after
    await endCanary(db, before, { now, outcome, deployedVersionId })
  }
  if (after.canary === null) return
  const row = { version: after.canary.version, started_at: now, ended_at: null, outcome: null, result_json: null }
  await db
    .insertInto('canaries')
    .values({ workflow_id: before.id, ...row })
    .onConflict((conflict) => conflict.column('workflow_id').doUpdateSet(row))
    .execute()
}

type End = Pick<Workflow, 'deployedVersionId'> & { readonly now: number; readonly outcome: CanaryOutcome }

/** Calls that wait for the candidate, and their next attempts, run the deployed version. */
export async function endCanary(db: Db, workflow: Workflow, { now, outcome, deployedVersionId }: End): Promise<void> {
  const state = await selectState(db, workflow.id)
  if (state === null || workflow.canary === null) return
  const result = await countSides(db, workflow.id, state.started_at)
  await db
    .updateTable('canaries')
    .set({ ended_at: now, outcome, result_json: JSON.stringify(result) })
    .where('workflow_id', '=', workflow.id)
    .execute()
  if (outcome !== 'promoted')
    await rerouteQueued(db, { ...workflow, deployedVersionId }, workflow.canary.version, state.started_at)
}

async function rerouteQueued(db: Db, workflow: Workflow, version: number, since: number): Promise<void> {
  await db
    .updateTable('runs')
    .set({ version_id: workflow.deployedVersionId })
    .where('workflow_id', '=', workflow.id)
    .where('status', '=', 'queued')
    .where('trigger', '=', 'hook')
    .where('created_at', '>=', since)
    .where('version_id', 'in', ({ selectFrom }) =>
      selectFrom('versions').select('id').where('workflow_id', '=', workflow.id).where('number', '=', version),
    )
    .execute()
}

export const selectState = async (db: Db, workflowId: string) =>
  (await db.selectFrom('canaries').selectAll().where('workflow_id', '=', workflowId).executeTakeFirst()) ?? null

export const countSides = async (db: Db, workflowId: string, since: number): Promise<CanarySides> => ({
  deployed: await countSide(db, workflowId, 0, since),
  candidate: await countSide(db, workflowId, 1, since),
})

export async function countSide(db: Db, workflowId: string, canary: 0 | 1, since: number): Promise<CanarySide> {
  const rows = await db
    .selectFrom('runs')
    .select([
      'status',
      'started_at',
      'finished_at',
      'waited_ms',
      sql<number>`case when ${REPORTED} then 1 else 0 end`.as('reported'),
    ])
    .where('workflow_id', '=', workflowId)
    .where('canary', 'is not', null)
    .where('canary', '=', canary)
    .where('created_at', '>=', since)
    .where('status', 'in', FINAL_STATUSES)
    .orderBy('created_at', 'desc')
    .limit(MAX_COUNTED)
    .execute()
  const failures = rows.filter(({ status, reported }) => reported === 1 || FAILED_STATUSES.includes(status))
  const times = rows
    .filter(({ started_at, finished_at }) => started_at !== null && finished_at !== null)
    .slice(0, MAX_TIMED)
    .map(({ started_at, finished_at, waited_ms }) => Number(finished_at) - Number(started_at) - (waited_ms ?? 0))
  return {
    calls: rows.length,
    failures: failures.length,
    p50Ms: percentile(times, 0.5),
    p95Ms: percentile(times, 0.95),
  }
}
