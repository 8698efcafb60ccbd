/** Trials, their cases, and the deployment gate. */

import { sql } from 'kysely'
import type { Migration } from '../../migration.ts'

export const trials: Migration = {
  number: 52,
  name: 'trials',
  async up(db, engine) {
    const id = engine === 'sqlite' ? sql`text` : sql`text collate "C"`
    const bytes = engine === 'sqlite' ? sql`blob` : sql`bytea`
    const time = engine === 'sqlite' ? sql`integer` : sql`bigint`
    await db.schema.alterTable('workflows').addColumn('deploy_gate_json', 'text').execute()
    let table = db.schema
      .createTable('trials')
      .addColumn('id', id, (column) => column.primaryKey().notNull())
      .addColumn('workflow_id', id, (column) => column.notNull())
      .addColumn('version', 'integer')
      .addColumn('source', bytes)
      .addColumn('files', bytes)
      .addColumn('outbound', 'text', (column) => column.notNull())
      .addColumn('ignore_json', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('total', 'integer', (column) => column.notNull())
    for (const verdict of ['same', 'changed', 'fixed', 'broken', 'not_comparable'])
      table = table.addColumn(verdict, 'integer', (column) => column.notNull().defaultTo(0))
    await table
      .addColumn('created_at', time, (column) => column.notNull())
      .addColumn('created_by_json', 'text', (column) => column.notNull())
      .addColumn('finished_at', time)
      .addColumn('server_id', 'text', (column) => column.notNull())
      .execute()
    await db.schema
      .createIndex('trials_of_workflow')
      .on('trials')
      .columns(['workflow_id', 'created_at', 'id'])
      .execute()
    await db.schema
      .createIndex('trials_running')
      .on('trials')
      .column('server_id')
      .where(sql<boolean>`status = 'running'`)
      .execute()
    await db.schema
      .createTable('trial_cases')
      .addColumn('trial_id', id, (column) => column.notNull())
      .addColumn('position', 'integer', (column) => column.notNull())
      .addColumn('run_id', id, (column) => column.notNull())
      .addColumn('trial_run_id', id)
      .addColumn('verdict', 'text')
      .addColumn('details', bytes)
      .addPrimaryKeyConstraint('trial_cases_key', ['trial_id', 'position'])
      .execute()
    await db.schema.createIndex('trial_cases_of_run').on('trial_cases').column('run_id').execute()
    await db.schema.createIndex('trial_cases_of_trial_run').on('trial_cases').column('trial_run_id').execute()
  },
}
