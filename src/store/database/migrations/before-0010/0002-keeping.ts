/** Retention period of each workflow, and columns for compressed data. */

import { sql } from 'kysely'
import type { Migration } from '../../migration.ts'

export const keeping: Migration = {
  number: 2,
  name: 'keeping',
  async up(db, engine) {
    const bytes = engine === 'sqlite' ? sql`blob` : sql`bytea`
    await db.schema.alterTable('workflows').addColumn('retention_days', 'integer').execute()
    await db.schema.alterTable('workflows').addColumn('retention_bytes', 'bigint').execute()
    await db.schema.alterTable('run_requests').addColumn('body_packed', bytes).execute()
    await db.schema.alterTable('run_results').addColumn('result_packed', bytes).execute()
    await db.schema.alterTable('run_results').addColumn('logs_packed', bytes).execute()
  },
}
