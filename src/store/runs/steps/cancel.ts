import { type RawBuilder, sql } from 'kysely'
import type { RunStatus } from '../../../domain/runs/run.ts'
import type { Db } from '../../database/tables/tables.ts'
import { endSteps, endWaits, firstOf, isAttemptOf } from './rows.ts'

/** Returns false if the run has ended. */
export async function requestCancel(db: Db, runId: string, now: number): Promise<boolean> {
  // Locks the run: after a change of its state between these statements, the request would have no effect.
  await db
    .updateTable('runs')
    .set(({ ref }) => ({ steps: ref('steps') }))
    .where('id', '=', runId)
    .execute()
  if ((await cancelQueuedRun(db, runId, now)) || (await cancelWaitingRun(db, runId, now))) return true
  const running = await db
    .selectFrom('runs')
    .select('id')
    .where('id', '=', runId)
    .where('status', '=', 'running')
    .executeTakeFirst()
  if (running === undefined) return false
  await db
    .insertInto('cancel_requests')
    .values({ run_id: runId, at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return true
}

/** Call it after a part has ended in a wait: its server may have been asked too late. */
export async function cancelIfRequested(db: Db, runId: string, now: number): Promise<void> {
  const request = db.selectFrom('cancel_requests').select('run_id').where('run_id', '=', runId)
  if ((await request.executeTakeFirst()) !== undefined) await cancelWaitingRun(db, runId, now)
}

export async function cancelQueuedRun(db: Db, runId: string, now: number): Promise<boolean> {
  if (!(await endRun(db, runId, 'queued', { now, message: 'Cancelled before it started.' }))) return false
  await cancelChildren(db, runId, now)
  await endSteps(db, runId)
  return true
}

export async function cancelWaitingRun(db: Db, runId: string, now: number): Promise<boolean> {
  const waited_ms = sql<number>`coalesce(waited_ms, 0) + ${now} - turned_at`
  const message = 'Cancelled while it waited.'
  if (!(await endRun(db, runId, 'waiting', { now, message, waited_ms }))) return false
  await cancelChildren(db, runId, now)
  await endWaits(db, runId)
  return true
}

export async function cancelWaitingRuns(db: Db, workflowId: string, now: number, limit: number): Promise<number> {
  const rows = await db
    .selectFrom('runs')
    .select('id')
    .where('workflow_id', '=', workflowId)
    .where('status', '=', sql.lit<'waiting'>('waiting'))
    .limit(limit)
    .execute()
  for (const { id } of rows) await cancelWaitingRun(db, id, now)
  return rows.length
}

/** Call it before the waits end. */
export async function cancelChildren(db: Db, runId: string, now: number): Promise<void> {
  const calls = await db
    .selectFrom('run_steps')
    .select('child_id')
    .where('run_id', '=', firstOf(runId))
    .where('kind', '=', 'run')
    .where('status', '=', 'waiting')
    .execute()
  for (const { child_id } of calls) {
    if (child_id === null) continue
    const attempts = await db
      .selectFrom('runs')
      .select('id')
      .where(isAttemptOf(child_id))
      .where('status', 'in', ['queued', 'running', 'waiting'])
      .execute()
    for (const { id } of attempts) await requestCancel(db, id, now)
  }
}

type End = { readonly now: number; readonly message: string; readonly waited_ms?: RawBuilder<number> }

async function endRun(db: Db, id: string, from: RunStatus, { now, message, ...rest }: End): Promise<boolean> {
  const ended = { status: 'cancelled', code: 'cancelled', finished_at: now, waiting_json: null } as const
  const { numUpdatedRows } = await db
    .updateTable('runs')
    .set({ ...ended, message_json: JSON.stringify(message), ...rest })
    .where('id', '=', id)
    .where('status', '=', from)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}
