/** Sample request of each workflow. */

import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

export const sampleRequests: Migration = {
  number: 32,
  name: 'sample-requests',
  async up(db, engine) {
    const id = engine === 'sqlite' ? sql`text` : sql`text collate "C"`
    const bytes = engine === 'sqlite' ? sql`blob` : sql`bytea`
    const time = engine === 'sqlite' ? sql`integer` : sql`bigint`
    await db.schema
      .createTable('sample_requests')
      .addColumn('workflow_id', id, (column) => column.primaryKey().notNull().references('workflows.id'))
      .addColumn('head_json', 'text', (column) => column.notNull())
      .addColumn('body', bytes, (column) => column.notNull())
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('updated_at', time, (column) => column.notNull())
      .execute()
  },
}
