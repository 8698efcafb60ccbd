/** Cancels durable runs while they wait. */

import { sql } from 'kysely'
import type { Db } from '../../database/tables/tables.ts'
import { endWaits } from './rows.ts'

export async function cancelWaitingRun(db: Db, runId: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await endWaiting(db, now).where('id', '=', runId).executeTakeFirst()
  if (numUpdatedRows === 0n) return false
  await endWaits(db, runId)
  return true
}

/** Cancels the waiting runs of a workflow, at most `limit`. Returns how many. */
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

function endWaiting(db: Db, now: number) {
  return db
    .updateTable('runs')
    .set(({ eb, fn }) => ({
      status: 'cancelled',
      code: 'cancelled',
      message_json: JSON.stringify('Cancelled while it waited.'),
      finished_at: now,
      waiting_json: null,
      waited_ms: eb(fn.coalesce('waited_ms', eb.lit(0)), '+', eb(eb.val(now), '-', eb.ref('turned_at'))),
    }))
    .where('status', '=', 'waiting')
}
