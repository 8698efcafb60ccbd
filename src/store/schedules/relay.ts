/** Repairs schedules whose next tick lies too far ahead after a wrong clock. */

import type { Schedule } from '../../domain/schedules/schedule.ts'
import { layAnew } from '../../domain/schedules/ticks.ts'
import type { Database } from '../database/database.ts'
import type { Db } from '../database/tables/tables.ts'

const PAGE = 500

export async function relaySchedules(database: Database, now: number): Promise<void> {
  for (let after = ''; ; ) {
    const rows = await database.read((db) => selectPage(db, after, now))
    for (const { workflow_id, anchor_at, next_at, schedule_json } of rows) {
      if (next_at === null || schedule_json === null) continue
      const schedule: Schedule = JSON.parse(schedule_json)
      const laid = layAnew({ schedule, anchorAt: anchor_at, nextAt: next_at }, now)
      if (laid === null) continue
      const values = { anchor_at: laid.anchorAt, next_at: laid.nextAt }
      await database.write((db) =>
        db
          .updateTable('schedules')
          .set(values)
          .where('workflow_id', '=', workflow_id)
          .where('next_at', '=', next_at)
          .execute(),
      )
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    after = last.workflow_id
  }
}

async function selectPage(db: Db, after: string, now: number) {
  return await db
    .selectFrom('schedules')
    .innerJoin('workflows', 'workflows.id', 'schedules.workflow_id')
    .select(['schedules.workflow_id', 'schedules.anchor_at', 'schedules.next_at', 'workflows.schedule_json'])
    .where('schedules.workflow_id', '>', after)
    .where('schedules.next_at', '>', now)
    .orderBy('schedules.workflow_id')
    .limit(PAGE)
    .execute()
}
