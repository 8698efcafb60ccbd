/** Ends a run that this server does not execute: it is removed from the queue, or its server is asked. */

import type { Db } from '../database/tables.ts'
import { cancelQueuedRun } from './queue/queue.ts'

/** False when the run had ended already. */
export async function requestCancel(db: Db, runId: string, now: number): Promise<boolean> {
  if (await cancelQueuedRun(db, runId, now)) return true
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

/** Running runs of this server that somebody wants to end. */
export async function listCancelRequests(db: Db, serverId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('cancel_requests')
    .innerJoin('runs', 'runs.id', 'cancel_requests.run_id')
    .select('runs.id')
    .where('runs.status', '=', 'running')
    .where('runs.server_id', '=', serverId)
    .execute()
  return rows.map(({ id }) => id)
}

/** Requests whose run has ended, or is gone. */
export async function forgetCancelRequests(db: Db): Promise<void> {
  await db
    .deleteFrom('cancel_requests')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('runs')
            .select('id')
            .whereRef('runs.id', '=', 'cancel_requests.run_id')
            .where('runs.status', '=', 'running'),
        ),
      ),
    )
    .execute()
}
