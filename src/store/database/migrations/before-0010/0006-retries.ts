/** Attempts of background runs, and dead letters. */

import { sql } from 'kysely'
import type { Migration } from '../../migration.ts'

export const retries: Migration = {
  number: 6,
  name: 'retries',
  async up(db, engine) {
    const id = engine === 'sqlite' ? sql`text` : sql`text collate "C"`
    const time = engine === 'sqlite' ? sql`integer` : sql`bigint`
    await db.schema.alterTable('workflows').addColumn('retries_json', 'text').execute()
    await db.schema
      .alterTable('runs')
      .addColumn('attempt', 'integer', (column) => column.notNull().defaultTo(1))
      .execute()
    await db.schema.alterTable('runs').addColumn('retry_of', id).execute()
    await db.schema
      .createIndex('runs_by_first_attempt')
      .on('runs')
      .columns(['retry_of', 'attempt'])
      .where(sql.ref('retry_of'), 'is not', null)
      .execute()
    await db.schema
      .createTable('dead_letters')
      .addColumn('run_id', id, (column) => column.primaryKey().notNull().references('runs.id'))
      .addColumn('workflow_id', id, (column) => column.notNull().references('workflows.id'))
      .addColumn('group_id', id, (column) => column.notNull())
      .addColumn('failed_at', time, (column) => column.notNull())
      .$call((table) => (engine === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table))
      .execute()
    await db.schema
      .createIndex('dead_letters_of_group')
      .on('dead_letters')
      .columns(['group_id', 'failed_at', 'run_id'])
      .execute()
    await db.schema
      .createIndex('dead_letters_of_workflow')
      .on('dead_letters')
      .columns(['workflow_id', 'failed_at', 'run_id'])
      .execute()
    await db.schema.createIndex('dead_letters_by_time').on('dead_letters').column('failed_at').execute()
  },
}
