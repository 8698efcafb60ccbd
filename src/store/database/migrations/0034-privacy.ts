/** Personal data: policies, encrypted original requests, hashes of people, erasure certificates. */

import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

export const privacy: Migration = {
  number: 34,
  name: 'privacy',
  async up(db, engine) {
    const id = engine === 'sqlite' ? sql`text` : sql`text collate "C"`
    const bytes = engine === 'sqlite' ? sql`blob` : sql`bytea`
    const time = engine === 'sqlite' ? sql`integer` : sql`bigint`
    await db.schema.alterTable('workflows').addColumn('privacy_json', 'text').execute()
    await db.schema
      .alterTable('run_requests')
      .addColumn('redacted', 'integer', (column) => column.notNull().defaultTo(0))
      .execute()
    await db.schema
      .createTable('run_originals')
      .addColumn('run_id', id, (column) => column.primaryKey().notNull())
      .addColumn('workflow_id', id, (column) => column.notNull())
      .addColumn('request', bytes)
      .addColumn('waits', 'integer', (column) => column.notNull())
      .addColumn('answer', bytes)
      .addColumn('created_at', time, (column) => column.notNull())
      .execute()
    await db.schema.createIndex('run_originals_by_time').on('run_originals').column('created_at').execute()
    await db.schema
      .createTable('run_identities')
      .addColumn('hash', id, (column) => column.notNull())
      .addColumn('run_id', id, (column) => column.notNull())
      .addPrimaryKeyConstraint('run_identities_key', ['hash', 'run_id'])
      .execute()
    await db.schema.createIndex('run_identities_of_run').on('run_identities').column('run_id').execute()
    await db.schema
      .createTable('erasures')
      .addColumn('id', id, (column) => column.primaryKey().notNull())
      .addColumn('at', time, (column) => column.notNull())
      .addColumn('by_json', 'text', (column) => column.notNull())
      .addColumn('runs_json', 'text', (column) => column.notNull())
      .addColumn('sha256', 'text', (column) => column.notNull())
      .execute()
  },
}
