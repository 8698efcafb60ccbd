/** Settings of the installation and their history. */

import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

export const sharedSettings: Migration = {
  number: 36,
  name: 'shared-settings',
  async up(db, engine) {
    const bytes = engine === 'sqlite' ? sql`blob` : sql`bytea`
    const time = engine === 'sqlite' ? sql`integer` : sql`bigint`
    await db.schema.alterTable('workflows').addColumn('shared_settings_json', 'text').execute()
    await db.schema
      .createTable('shared_settings')
      .addColumn('key', bytes, (column) => column.primaryKey().notNull())
      .addColumn('value', bytes, (column) => column.notNull())
      .addColumn('secret', 'integer', (column) => column.notNull())
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('updated_at', time, (column) => column.notNull())
      .addColumn('updated_by_json', 'text', (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('shared_setting_changes')
      .addColumn('key', bytes, (column) => column.notNull())
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('value', bytes)
      .addColumn('secret', 'integer', (column) => column.notNull())
      .addColumn('at', time, (column) => column.notNull())
      .addColumn('by_json', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('shared_setting_changes_by_key', ['key', 'revision'])
      .execute()
  },
}
