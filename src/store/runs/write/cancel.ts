import type { Db } from '../../database/tables/tables.ts'
import { cancelQueuedRun } from '../queue/queue.ts'
import { cancelWaitingRun } from '../steps/cancel.ts'

/** Returns false if the run has ended already. */
export async function requestCancel(db: Db, runId: string, now: number): Promise<boolean> {
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
