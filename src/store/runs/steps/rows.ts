import { type ExpressionBuilder, sql } from 'kysely'
import { FINAL_STATUSES } from '../../../domain/runs/run.ts'
import type { StepKey, StoredStep } from '../../../domain/runs/steps.ts'
import type { SettingsPatch } from '../../../domain/settings/patch.ts'
import type { RunStepRow } from '../../database/tables/steps.ts'
import { type Db, type Tables, toBuffer, toBytes } from '../../database/tables/tables.ts'
import type { Binding, Keyring } from '../../secrets/encryption.ts'
import type { Part } from '../rows/step-records.ts'
import { deleteTasks, endTasks } from './task-rows.ts'

type Data = {
  readonly json: string
  readonly set?: readonly (readonly [key: string, value: string])[]
  readonly deleted?: readonly string[]
}

export const keyOf = ({ kind, name, number }: StepKey) => ({ kind, name_json: JSON.stringify(name), number })

export const nameOf = (row: Pick<RunStepRow, 'name_json'>): string => JSON.parse(row.name_json)

export const stepBinding = (
  row: Pick<RunStepRow, 'run_id' | 'workflow_id' | 'kind' | 'name_json' | 'number'>,
): Binding => ({
  purpose: 'step',
  workflowId: row.workflow_id,
  key: `${row.run_id} ${row.kind} ${row.number} ${row.name_json}`,
  revision: 0,
})

export function sealStep(
  keyring: Keyring,
  { firstId, workflowId }: Part,
  key: StepKey,
  json: string,
  patch: SettingsPatch | null = null,
): Buffer {
  const data: Data = patch === null ? { json } : { json, set: [...patch.set], deleted: patch.deleted }
  return keyring.encrypt(JSON.stringify(data), stepBinding({ run_id: firstId, workflow_id: workflowId, ...keyOf(key) }))
}

export function openStep<Status extends RunStepRow['status']>(
  keyring: Keyring,
  row: RunStepRow & { readonly status: Status },
  isLogged: boolean,
): Omit<StoredStep, 'status'> & { readonly status: Status } {
  const { kind, number, status, until, attempts } = row
  const data: Data | null = row.data === null ? null : JSON.parse(keyring.decrypt(toBuffer(row.data), stepBinding(row)))
  const patch = data?.set === undefined ? null : { set: new Map(data.set), deleted: data.deleted ?? [] }
  return { kind, name: nameOf(row), number, status, json: data?.json ?? null, until, attempts, isLogged, patch }
}

export const firstOf = (runId: string) => sql<string>`(select coalesce(retry_of, id) from runs where id = ${runId})`

export const isAttemptOf =
  (firstId: string) =>
  ({ eb, or }: ExpressionBuilder<Tables, 'runs'>) =>
    or([eb('id', '=', firstId), eb('retry_of', '=', firstId)])

/** Until the end of the transaction, no part, wake or answer of the run changes it. */
export const lockLastAttempt = (db: Db, firstId: string) =>
  db
    .selectFrom('runs')
    .select(['id', 'workflow_id', 'status', 'attempt', 'parts'])
    .where(isAttemptOf(firstId))
    .orderBy('attempt', 'desc')
    .limit(1)
    .forUpdate()
    .executeTakeFirst()

/** Locks the run's row. Returns false if another part or server has it: no late process writes. */
export async function ownsPart(
  db: Db,
  serverId: string,
  { runId, part }: Part,
  { newSteps = 0 }: { readonly newSteps?: number } = {},
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('runs')
    .set(({ eb }) => ({ steps: eb('steps', '+', newSteps) }))
    .where('id', '=', runId)
    .where('status', '=', 'running')
    .where('server_id', '=', serverId)
    .where('parts', '=', part)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function endWaits(db: Db, runId: string): Promise<void> {
  const shown = toBytes(JSON.stringify({ type: 'Cancelled', message: 'The run was cancelled.' }))
  await db
    .updateTable('run_steps')
    .set({ status: 'failed', shown })
    .where('run_id', '=', firstOf(runId))
    .where('status', '=', 'waiting')
    .execute()
  await endSteps(db, runId)
}

/** Skips runs with another attempt. Call it before the runs are deleted. */
export async function deleteSteps(db: Db, runIds: readonly string[]): Promise<void> {
  await loseChildren(db, runIds)
  const rows = await db
    .selectFrom('runs')
    .select(['id', 'retry_of'])
    .where('id', 'in', runIds)
    .where('parts', 'is not', null)
    .execute()
  if (rows.length === 0) return
  const firstIds = [...new Set(rows.map((row) => row.retry_of ?? row.id))]
  const left = await db
    .selectFrom('runs')
    .select(['id', 'retry_of'])
    .where(({ eb, or }) => or([eb('id', 'in', firstIds), eb('retry_of', 'in', firstIds)]))
    .where('id', 'not in', runIds)
    .execute()
  const kept = new Set(left.map((row) => row.retry_of ?? row.id))
  const over = firstIds.filter((id) => !kept.has(id))
  if (over.length === 0) return
  await db.deleteFrom('run_steps').where('run_id', 'in', over).execute()
  await deleteTasks(db, over)
}

/** Runs that wait for a deleted run continue without it. */
async function loseChildren(db: Db, runIds: readonly string[]): Promise<void> {
  const calls = await db
    .selectFrom('run_steps')
    .innerJoin('runs', 'runs.id', 'run_steps.child_id')
    .select(['run_steps.run_id', 'run_steps.child_id'])
    .where('runs.id', 'in', runIds)
    .where('runs.parent_run_id', 'is not', null)
    .where('run_steps.status', '=', 'waiting')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('runs as later')
            .select('later.id')
            .whereRef('later.retry_of', '=', 'runs.id')
            .where('later.id', 'not in', runIds),
        ),
      ),
    )
    .execute()
  const shown = toBytes(JSON.stringify({ type: 'RunFailed', message: 'lost: The run was deleted.' }))
  for (const { run_id, child_id } of calls) {
    await db
      .updateTable('run_steps')
      .set({ status: 'failed', data: null, shown })
      .where('child_id', '=', child_id)
      .where('child_id', 'is not', null)
      .execute()
    await db
      .updateTable('runs')
      .set(({ ref }) => ({ not_before: ref('turned_at') }))
      .where(isAttemptOf(run_id))
      .where('status', '=', 'waiting')
      .where('not_before', 'is not', null)
      .execute()
  }
}

export async function forgetSteps(db: Db, runIds: readonly string[]): Promise<void> {
  const active = await db
    .selectFrom('runs')
    .select('retry_of')
    .where('retry_of', 'in', runIds)
    .where('status', 'not in', FINAL_STATUSES)
    .execute()
  const over = runIds.filter((id) => !active.some(({ retry_of }) => retry_of === id))
  if (over.length === 0) return
  await db.updateTable('run_steps').set({ data: null, shown: null }).where('run_id', 'in', over).execute()
  await db.updateTable('tasks').set({ shown: null, answer: null }).where('first_id', 'in', over).execute()
}

/** Keeps only the redacted results. */
export async function endSteps(db: Db, runId: string): Promise<void> {
  await endTasksOf(db, runId)
  await deleteData(db, runId)
}

/** `endSteps` of a run without tasks. */
export async function deleteData(db: Db, runId: string): Promise<void> {
  await db.updateTable('run_steps').set({ data: null }).where('run_id', '=', firstOf(runId)).execute()
}

export async function endTasksOf(db: Db, runId: string): Promise<void> {
  await endTasks(db, firstOf(runId), 'cancelled')
}
