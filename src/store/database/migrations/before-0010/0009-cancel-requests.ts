/** Cancel requests for runs on other servers. */

import { sql } from 'kysely'
import type { Migration } from '../../migration.ts'

export const cancelRequests: Migration = {
  number: 9,
  name: 'cancel-requests',
  async up(db, engine) {
    const isSqlite = engine === 'sqlite'
    await db.schema
      .createTable('cancel_requests')
      .addColumn('run_id', isSqlite ? sql`text` : sql`text collate "C"`, (column) => column.primaryKey().notNull())
      .addColumn('at', isSqlite ? sql`integer` : sql`bigint`, (column) => column.notNull())
      .execute()
  },
}
