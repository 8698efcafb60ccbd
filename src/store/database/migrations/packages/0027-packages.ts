/** Packages of versions and their shared locks. */

import { sql } from 'kysely'
import type { Migration } from '../../migration.ts'

export const packages: Migration = {
  number: 27,
  name: 'packages',
  async up(db, engine) {
    const id = engine === 'sqlite' ? sql`text` : sql`text collate "C"`
    const bytes = engine === 'sqlite' ? sql`blob` : sql`bytea`
    const time = engine === 'sqlite' ? sql`integer` : sql`bigint`
    await db.schema.alterTable('versions').addColumn('packages', bytes).execute()
    await db.schema.alterTable('versions').addColumn('environment_id', id).execute()
    await db.schema
      .alterTable('versions')
      .addColumn('deploy_when_ready', 'integer', (column) => column.notNull().defaultTo(0))
      .execute()
    await db.schema.createIndex('versions_by_environment').on('versions').column('environment_id').execute()
    await db.schema
      .createTable('environments')
      .addColumn('id', id, (column) => column.primaryKey().notNull())
      .addColumn('runtime', 'text', (column) => column.notNull())
      .addColumn('lock', bytes, (column) => column.notNull())
      .addColumn('with_sources', 'integer', (column) => column.notNull())
      .addColumn('created_at', time, (column) => column.notNull())
      .addColumn('last_used_at', time, (column) => column.notNull())
      .execute()
  },
}
