/** Lanes of runs and the order of acceptance within them. */

import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

export const lanes: Migration = {
  number: 40,
  name: 'lanes',
  async up(db, engine) {
    const text = engine === 'sqlite' ? sql`text` : sql`text collate "C"`
    await db.schema.alterTable('workflows').addColumn('lane_json', 'text').execute()
    await db.schema.alterTable('runs').addColumn('lane', text).execute()
    await db.schema.alterTable('runs').addColumn('lane_position', 'integer').execute()
    await db.schema
      .alterTable('runs')
      .addColumn('attended', 'integer', (column) => column.notNull().defaultTo(0))
      .execute()
    await db.schema
      .createIndex('runs_in_lane')
      .on('runs')
      .columns(['workflow_id', 'lane', 'lane_position'])
      // Must match the condition in src/store/runs/queue/lanes.ts exactly.
      .where(sql<boolean>`lane is not null and status in ('queued', 'running')`)
      .execute()
  },
}
