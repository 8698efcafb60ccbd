import { sql } from 'kysely'
import { FINAL_STATUSES } from '../../../domain/runs/run.ts'
import type { Wait } from '../../../domain/runs/steps.ts'
import { type Db, toBytes } from '../../database/tables/tables.ts'
import type { Keyring } from '../../secrets/encryption.ts'
import type { ChildOfCall, ChildResult, EndedChild, Part } from '../rows/step-records.ts'
import { insertStep } from './commit.ts'
import { lockLastAttempt, nameOf, sealStep } from './rows.ts'
import { copyStarters } from './starters.ts'
import { wakeForEvent } from './wake.ts'

export type InsertedChild = ChildOfCall & { readonly insert: ((db: Db) => Promise<unknown>) | null }

/** Starts the run, or stores why it cannot start. */
export async function insertChild(
  db: Db,
  keyring: Keyring,
  part: Part,
  { run, end, insert }: InsertedChild,
  { wait, at }: { readonly wait: Wait; readonly at: number },
): Promise<void> {
  const begun = { attempts: wait.attempts, started_at: at, until: wait.until }
  if (run === undefined || insert === null) {
    if (end === undefined) throw new Error('a call without a run has an end')
    const data = sealStep(keyring, part, wait, end.json)
    await insertStep(db, part, wait, { ...begun, status: end.status, data, shown: toBytes(end.shown), finished_at: at })
    return
  }
  await insert(db)
  if (run.durable === true) await copyStarters(db, part.firstId, run.id)
  const data = sealStep(keyring, part, wait, wait.json)
  const values = { ...begun, status: 'waiting', data, shown: null, finished_at: null, child_id: run.id } as const
  await insertStep(db, part, wait, values)
}

/** The next attempt of a called run answers the call. */
export async function passParentOn(
  db: Db,
  { parent_run_id, parent_waits }: { readonly parent_run_id: string | null; readonly parent_waits: 1 | null },
  to: string,
): Promise<void> {
  if (parent_run_id !== null)
    await db.updateTable('runs').set({ parent_run_id, parent_waits }).where('id', '=', to).execute()
}

export async function listEndedChildren(db: Db, limit: number): Promise<readonly EndedChild[]> {
  const rows = await db
    .selectFrom('runs')
    .select(['id', 'retry_of'])
    .where('parent_waits', '=', sql.lit<1>(1))
    .where('status', 'in', FINAL_STATUSES)
    .limit(limit)
    .execute()
  const children = rows.map(({ id, retry_of }) => ({ id, firstId: retry_of ?? id }))
  if (children.length === 0) return []
  const firstIds = children.map(({ firstId }) => firstId)
  const calls = await waitingCalls(db)
    .select(['child_id', 'run_id', 'workflow_id'])
    .where('child_id', 'in', firstIds)
    .execute()
  return children.map((child) => {
    const call = calls.find(({ child_id }) => child_id === child.firstId)
    return { ...child, caller: call === undefined ? null : { firstId: call.run_id, workflowId: call.workflow_id } }
  })
}

const waitingCalls = (db: Db) =>
  db.selectFrom('run_steps').where('child_id', 'is not', null).where('status', '=', 'waiting')

/** Returns false if another server was faster. */
export async function settleChild(db: Db, keyring: Keyring, { child, result, now }: ChildResult): Promise<boolean> {
  const { id, firstId, caller } = child
  // Locks the waiting run before the ended one, as a cancellation does, which prevents deadlocks.
  const waiting = caller === null ? undefined : await lockLastAttempt(db, caller.firstId)
  const { numUpdatedRows } = await db
    .updateTable('runs')
    .set({ parent_waits: null })
    .where('id', '=', id)
    .where('parent_waits', '=', 1)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return false
  if (result === null || waiting === undefined) return true
  const row = await waitingCalls(db).selectAll().where('child_id', '=', firstId).executeTakeFirst()
  if (row === undefined) return true
  const { run_id, workflow_id, kind, name_json, number } = row
  const part = { firstId: run_id, workflowId: workflow_id, runId: waiting.id, attempt: row.attempt, part: row.part }
  const data = sealStep(keyring, part, { kind, name: nameOf(row), number }, result.json)
  await db
    .updateTable('run_steps')
    .set({ status: result.status, data, shown: toBytes(result.shown), finished_at: now })
    .where(({ and }) => and({ run_id, kind, name_json, number }))
    .execute()
  await wakeForEvent(db, waiting.id, now)
  return true
}

export async function countParents(db: Db, runId: string, limit: number): Promise<number> {
  const { rows } = await sql<{ depth: number }>`
    with recursive above(id, depth) as (
      select parent_run_id, 1 from runs where id = ${runId} and parent_run_id is not null
      union all
      select runs.parent_run_id, above.depth + 1 from above join runs on runs.id = above.id
        where runs.parent_run_id is not null and above.depth < ${limit}
    ) select max(depth) as depth from above`.execute(db)
  return Number(rows[0]?.depth ?? 0)
}
