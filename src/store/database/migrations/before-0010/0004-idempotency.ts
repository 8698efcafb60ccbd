/** Idempotency keys of calls and their runs. */

import { sql } from 'kysely'
import type { Migration } from '../../migration.ts'

export const idempotency: Migration = {
  number: 4,
  name: 'idempotency',
  async up(db, engine) {
    const id = engine === 'sqlite' ? sql`text` : sql`text collate "C"`
    const time = engine === 'sqlite' ? sql`integer` : sql`bigint`
    await db.schema.alterTable('workflows').addColumn('idempotency_json', 'text').execute()
    // A foreign key is missing because runs may be deleted before their keys.
    await db.schema
      .createTable('idempotency_keys')
      .addColumn('id', id, (column) => column.primaryKey().notNull())
      .addColumn('body_hash', 'text', (column) => column.notNull())
      .addColumn('run_id', id, (column) => column.notNull())
      .addColumn('created_at', time, (column) => column.notNull())
      .$call((table) => (engine === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table))
      .execute()
    await db.schema.createIndex('idempotency_keys_by_time').on('idempotency_keys').column('created_at').execute()
  },
}
