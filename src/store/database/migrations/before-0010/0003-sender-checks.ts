/** Sender checks of hooks and the rejected calls. */

import { sql } from 'kysely'
import type { Migration } from '../../migration.ts'

export const senderChecks: Migration = {
  number: 3,
  name: 'sender-checks',
  async up(db, engine) {
    const bytes = engine === 'sqlite' ? sql`blob` : sql`bytea`
    const time = engine === 'sqlite' ? sql`integer` : sql`bigint`
    const id = engine === 'sqlite' ? sql`text` : sql`text collate "C"`
    await db.schema.alterTable('workflows').addColumn('sender_check_json', 'text').execute()
    await db.schema.alterTable('workflows').addColumn('sender_secrets', bytes).execute()
    await db.schema
      .alterTable('workflows')
      .addColumn('sender_secret_count', 'integer', (column) => column.notNull().defaultTo(0))
      .execute()
    await db.schema.alterTable('workflows').addColumn('allowed_ips_json', 'text').execute()
    await db.schema.alterTable('workflows').addColumn('rate_limit_json', 'text').execute()
    await db.schema
      .createTable('refused_calls')
      .addColumn('id', id, (column) => column.notNull())
      .addColumn('workflow_id', id, (column) => column.notNull().references('workflows.id'))
      .addColumn('at', time, (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .addColumn('detail', 'text', (column) => column.notNull())
      .addColumn('address', 'text', (column) => column.notNull())
      .addColumn('headers_json', 'text', (column) => column.notNull())
      .addColumn('body_bytes', time, (column) => column.notNull())
      .addPrimaryKeyConstraint('refused_calls_by_workflow', ['workflow_id', 'id'])
      .execute()
  },
}
