/** Outgoing calls of runs and their recorded contents. */

import { sql } from 'kysely'
import type { Migration } from '../../migration.ts'

export const outgoingCalls: Migration = {
  number: 51,
  name: 'outgoing-calls',
  async up(db, engine) {
    const id = engine === 'sqlite' ? sql`text` : sql`text collate "C"`
    const bytes = engine === 'sqlite' ? sql`blob` : sql`bytea`
    for (const name of ['propagate_trace', 'record_outbound']) {
      await db.schema
        .alterTable('workflows')
        .addColumn(name, 'integer', (column) => column.notNull().defaultTo(0))
        .execute()
    }
    await db.schema
      .createTable('run_calls')
      .addColumn('run_id', id, (column) => column.primaryKey().notNull())
      .addColumn('workflow_id', id, (column) => column.notNull())
      .addColumn('calls_json', 'text', (column) => column.notNull())
      .addColumn('left_out', 'integer', (column) => column.notNull())
      .addColumn('recording', bytes)
      .execute()
  },
}
