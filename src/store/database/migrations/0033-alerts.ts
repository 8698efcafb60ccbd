/** Alerts: channels, the default rule, failing workflows and queued messages. */

import { type RawBuilder, sql } from 'kysely'
import type { Migration } from '../migration.ts'
import type { Db } from '../tables.ts'

export const alerts: Migration = {
  number: 33,
  name: 'alerts',
  async up(db, engine) {
    const id = engine === 'sqlite' ? sql`text` : sql`text collate "C"`
    const bytes = engine === 'sqlite' ? sql`blob` : sql`bytea`
    const time = engine === 'sqlite' ? sql`integer` : sql`bigint`
    await db.schema.alterTable('workflows').addColumn('alerts_json', 'text').execute()
    await db.schema.alterTable('workflows').addColumn('tags_json', 'text').execute()
    await db.schema
      .createTable('channels')
      .addColumn('id', id, (column) => column.primaryKey().notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('config', bytes, (column) => column.notNull())
      .addColumn('created_at', time, (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('alert_defaults')
      .addColumn('id', 'integer', (column) => column.primaryKey().notNull())
      .addColumn('rule_json', 'text')
      .execute()
    await createLimits(db, id, time)
    await createQueue(db, id, time)
  },
}

async function createLimits(db: Db, id: RawBuilder<unknown>, time: RawBuilder<unknown>): Promise<void> {
  await db.schema
    .createTable('alert_states')
    .addColumn('workflow_id', id, (column) => column.primaryKey().notNull().references('workflows.id'))
    .addColumn('failures', 'integer', (column) => column.notNull())
    .addColumn('since', time, (column) => column.notNull())
    .addColumn('is_announced', 'integer', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('alert_limits')
    .addColumn('workflow_id', id, (column) => column.notNull().references('workflows.id'))
    .addColumn('channel_id', id, (column) => column.notNull().references('channels.id'))
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('last_at', time, (column) => column.notNull())
    .addColumn('held_back', 'integer', (column) => column.notNull())
    .addColumn('is_open', 'integer', (column) => column.notNull().defaultTo(0))
    .addPrimaryKeyConstraint('alert_limits_key', ['workflow_id', 'channel_id', 'type'])
    .execute()
}

async function createQueue(db: Db, id: RawBuilder<unknown>, time: RawBuilder<unknown>): Promise<void> {
  await db.schema
    .createTable('alerts')
    .addColumn('id', id, (column) => column.primaryKey().notNull())
    .addColumn('at', time, (column) => column.notNull())
    .addColumn('workflow_id', id)
    .addColumn('channel_id', id, (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('message_json', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_at', time)
    .addColumn('detail', 'text')
    .execute()
  await db.schema
    .createIndex('alerts_due')
    .on('alerts')
    .column('next_at')
    .where(sql.ref('status'), '=', sql.lit('queued'))
    .execute()
  await db.schema.createIndex('alerts_by_time').on('alerts').columns(['at', 'id']).execute()
  await db.schema.createIndex('alerts_of_workflow').on('alerts').columns(['workflow_id', 'at']).execute()
}
