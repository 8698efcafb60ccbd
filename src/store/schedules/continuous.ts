/** Sets the next tick of continuous schedules whose last run has ended. */

import { isContinuous, pauseAfter, type Schedule } from '../../domain/schedules/schedule.ts'
import type { Database } from '../database/database.ts'
import type { Db } from '../database/tables/tables.ts'

/** The pause reaches its limit earlier. */
const MAX_RUNS = 20

export async function rearmContinuous(database: Database): Promise<boolean> {
  const rows = await database.read(selectWaiting)
  let isWaiting = false
  for (const { workflow_id, schedule_json, active } of rows) {
    const schedule: Schedule | null = schedule_json === null ? null : JSON.parse(schedule_json)
    if (schedule === null || !isContinuous(schedule)) continue
    if (Number(active) > 0) {
      isWaiting = true
      continue
    }
    const runs = await database.read((db) => selectLastRuns(db, workflow_id))
    // A lost run says nothing about the function.
    const known = runs.filter(({ status }) => status !== 'lost')
    const good = known.findIndex(({ status }) => status !== 'failed' && status !== 'timed_out')
    const pause = pauseAfter(schedule, good === -1 ? known.length : good)
    const next_at = (runs[0]?.finished_at ?? 0) + pause
    await database.write((db) =>
      db
        .updateTable('schedules')
        .set({ next_at })
        .where('workflow_id', '=', workflow_id)
        .where('next_at', 'is', null)
        .execute(),
    )
  }
  return isWaiting
}

/** Few schedules have no next tick. */
async function selectWaiting(db: Db) {
  return await db
    .selectFrom('schedules')
    .innerJoin('workflows', 'workflows.id', 'schedules.workflow_id')
    .select(['schedules.workflow_id', 'workflows.schedule_json'])
    .select(({ selectFrom, fn }) => [
      selectFrom('runs')
        .select(fn.countAll<number>().as('count'))
        .where('status', 'in', ['running', 'queued'])
        .where('trigger', '<>', 'trial')
        .whereRef('runs.workflow_id', '=', 'schedules.workflow_id')
        .as('active'),
    ])
    .where('schedules.next_at', 'is', null)
    .execute()
}

async function selectLastRuns(db: Db, workflowId: string) {
  return await db
    .selectFrom('runs')
    .select(['status', 'finished_at'])
    .where('workflow_id', '=', workflowId)
    .where('trigger', '=', 'schedule')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(MAX_RUNS)
    .execute()
}
