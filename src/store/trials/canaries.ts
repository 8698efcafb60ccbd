import { FAILED_STATUSES } from '../../domain/runs/run.ts'
import type { Actor } from '../../domain/shared/actor.ts'
import { type Canary, type CanaryOutcome, mustAbort } from '../../domain/trials/canary.ts'
import { recordEvent } from '../alerts/record.ts'
import { insertAudit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import { REPORTED } from '../database/tables/runs.ts'
import type { Db } from '../database/tables/tables.ts'
import { type CanarySides, countSide, countSides, endCanary, selectState } from '../workflows/canary-rows.ts'
import { lockWorkflow, nextUpdate } from '../workflows/workflows.ts'

export type CanaryState = CanarySides & {
  readonly version: number
  readonly startedAt: number
  readonly endedAt: number | null
  readonly outcome: CanaryOutcome | null
}

export type CanaryStore = {
  findCanary(workflowId: string): Promise<CanaryState | null>
  listCanaries(): Promise<readonly string[]>
  /** Adds an audit line and an alert. False: the canary continues. */
  abortFailingCanary(workflowId: string, now: number): Promise<boolean>
  /** Locks the workflow until the transaction ends. */
  lockCanary(workflowId: string): Promise<Canary | null>
}

export function createCanaries(database: Database): CanaryStore {
  return {
    findCanary: (workflowId) => database.read((db) => findCanary(db, workflowId)),
    listCanaries: () =>
      database.read(async (db) => {
        const rows = await db
          .selectFrom('workflows')
          .select('id')
          .where('canary_json', 'is not', null)
          .where('canary_json', 'not like', '%"abort_on":null%')
          .execute()
        return rows.map(({ id }) => id)
      }),
    lockCanary: (workflowId) => database.write(async (db) => (await lockWorkflow(db, workflowId))?.canary ?? null),
    async abortFailingCanary(workflowId, now) {
      const isOver = async (db: Db) => {
        const row = await db
          .selectFrom('workflows')
          .select('canary_json')
          .where('id', '=', workflowId)
          .executeTakeFirst()
        const canary = row?.canary_json == null ? null : parseJson<Canary>(row.canary_json)
        const state = canary === null ? null : await selectState(db, workflowId)
        if (canary === null || state === null) return false
        return mustAbort(canary, await countSide(db, workflowId, 1, state.started_at))
      }
      if (!(await database.read(isOver))) return false
      return await database.write((db) => abort(db, workflowId, now))
    },
  }
}

async function abort(db: Db, workflowId: string, now: number): Promise<boolean> {
  const workflow = await lockWorkflow(db, workflowId)
  const state = await selectState(db, workflowId)
  if (workflow?.canary == null || state === null) return false
  const { canary } = workflow
  const found = await countSide(db, workflowId, 1, state.started_at)
  const { calls, failures } = found
  // Another server or a person may have ended it.
  if (!mustAbort(canary, found)) return false
  await endCanary(db, workflow, { now, outcome: 'aborted_by_failures', deployedVersionId: workflow.deployedVersionId })
  await db
    .updateTable('workflows')
    .set({ canary_json: null, updated_at: nextUpdate(workflow, now) })
    .where('id', '=', workflowId)
    .execute()
  const run = await selectNewestFailure(db, workflowId, state.started_at)
  const detail = `version ${canary.version}: ${failures} of ${calls} calls failed`
  const by: Actor = { type: 'run', id: run?.id ?? '', name: workflow.name }
  await insertAudit(db, { at: now, by, action: 'canary.abort', workflowId, detail })
  await recordEvent(db, { workflowId, type: 'canary_aborted', now, run, failures })
  return true
}

async function selectNewestFailure(db: Db, workflowId: string, since: number) {
  const row = await db
    .selectFrom('runs')
    .select(['id', 'code', 'message_json'])
    .where('workflow_id', '=', workflowId)
    .where('canary', 'is not', null)
    .where('canary', '=', 1)
    .where('created_at', '>=', since)
    .where(({ eb, or }) => or([eb('status', 'in', FAILED_STATUSES), REPORTED]))
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return null
  return { id: row.id, code: row.code, message: row.message_json === null ? null : parseJson<string>(row.message_json) }
}

async function findCanary(db: Db, workflowId: string): Promise<CanaryState | null> {
  const row = await selectState(db, workflowId)
  if (row === null) return null
  const { version, started_at: startedAt, ended_at: endedAt, outcome, result_json: kept } = row
  const sides = kept === null ? await countSides(db, workflowId, startedAt) : parseJson<CanarySides>(kept)
  return { version, startedAt, endedAt, outcome, ...sides }
}

const parseJson = <T>(json: string): T => JSON.parse(json)
