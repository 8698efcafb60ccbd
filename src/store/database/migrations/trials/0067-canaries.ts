/** Canaries: a share of a hook's calls runs another version. */

import { sql } from 'kysely'
import type { Migration } from '../../migration.ts'

export const canaries: Migration = {
  number: 67,
  name: 'canaries',
  async up(db, engine) {
    const id = engine === 'sqlite' ? sql`text` : sql`text collate "C"`
    const time = engine === 'sqlite' ? sql`integer` : sql`bigint`
    await db.schema.alterTable('workflows').addColumn('canary_json', 'text').execute()
    await db.schema
      .createIndex('workflows_with_canary')
      .on('workflows')
      .column('id')
      .where(sql<boolean>`canary_json is not null`)
      .execute()
    await db.schema.alterTable('runs').addColumn('canary', 'integer').execute()
    await db.schema
      .createIndex('runs_of_canary')
      .on('runs')
      .columns(['workflow_id', 'canary', 'created_at'])
      // Must match the condition in src/store/trials/canaries.ts exactly.
      .where(sql<boolean>`canary is not null`)
      .execute()
    await db.schema
      .createTable('canaries')
      .addColumn('workflow_id', id, (column) => column.primaryKey().notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('started_at', time, (column) => column.notNull())
      .addColumn('ended_at', time)
      .addColumn('outcome', 'text')
      .addColumn('result_json', 'text')
      .execute()
  },
}
