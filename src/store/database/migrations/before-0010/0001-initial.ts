/** The initial tables. */

import { type ColumnBuilderCallback, type CreateTableBuilder, type RawBuilder, sql } from 'kysely'
import type { Engine } from '../../database.ts'
import type { Migration } from '../../migration.ts'
import type { Db } from '../../tables.ts'

export const initial: Migration = {
  number: 1,
  name: 'initial',
  async up(db, engine) {
    const types = typesOf(engine)
    await createWorkflowTables(db, types)
    await createSettingsTables(db, types)
    await createRunTables(db, types)
    await createScheduleTables(db, types)
    await createAccountTables(db, types)
  },
}

type Types = {
  /** Sorted by bytes, independent of the database locale. */
  readonly id: RawBuilder<unknown>
  readonly time: RawBuilder<unknown>
  readonly bytes: RawBuilder<unknown>
  readonly serial: RawBuilder<unknown>
  /** Stores a table of small rows in its primary key tree in SQLite. */
  readonly clustered: <T extends string>(table: CreateTableBuilder<T>) => CreateTableBuilder<T>
}

function typesOf(engine: Engine): Types {
  if (engine === 'sqlite') {
    return {
      id: sql`text`,
      time: sql`integer`,
      bytes: sql`blob`,
      serial: sql`integer primary key autoincrement`,
      clustered: (table) => table.modifyEnd(sql`without rowid`),
    }
  }
  return {
    id: sql`text collate "C"`,
    time: sql`bigint`,
    bytes: sql`bytea`,
    serial: sql`bigserial primary key`,
    clustered: (table) => table,
  }
}

const primary: ColumnBuilderCallback = (column) => column.primaryKey().notNull()
const required: ColumnBuilderCallback = (column) => column.notNull()
const ofWorkflow: ColumnBuilderCallback = (column) => column.notNull().references('workflows.id')

async function createWorkflowTables(db: Db, { id, time, bytes }: Types): Promise<void> {
  await db.schema.createTable('meta').addColumn('key', 'text', primary).addColumn('value', bytes, required).execute()
  await db.schema
    .createTable('workflows')
    .addColumn('id', id, primary)
    .addColumn('name', 'text', required)
    .addColumn('search', 'text', required)
    .addColumn('kind', 'text', required)
    .addColumn('description', bytes, required)
    .addColumn('enabled', 'integer', required)
    .addColumn('archived', 'integer', required)
    .addColumn('runtime', 'text', required)
    .addColumn('timeout_seconds', 'integer', required)
    .addColumn('max_concurrency', 'integer', required)
    .addColumn('isolation', 'text', required)
    .addColumn('body_limit_bytes', time, required)
    .addColumn('schedule_json', 'text')
    .addColumn('hook_key', id, (column) => column.unique())
    .addColumn('deployed_version_id', id)
    .addColumn('deployed_version', 'integer')
    .addColumn('created_at', time, required)
    .addColumn('updated_at', time, required)
    .execute()
  await db.schema.createIndex('workflows_by_time').on('workflows').columns(['created_at', 'id']).execute()
  await db.schema
    .createTable('versions')
    .addColumn('id', id, primary)
    .addColumn('workflow_id', id, ofWorkflow)
    .addColumn('number', time, required)
    .addColumn('source', bytes, required)
    .addColumn('message', bytes, required)
    .addColumn('created_at', time, required)
    .addUniqueConstraint('versions_by_number', ['workflow_id', 'number'])
    .execute()
}

async function createSettingsTables(db: Db, { id, time, bytes, clustered }: Types): Promise<void> {
  await clustered(
    db.schema
      .createTable('settings_totals')
      .addColumn('workflow_id', id, (column) => column.primaryKey().notNull().references('workflows.id'))
      .addColumn('count', 'integer', required)
      .addColumn('bytes', 'integer', required),
  ).execute()
  await db.schema
    .createTable('settings')
    .addColumn('workflow_id', id, ofWorkflow)
    .addColumn('key', bytes, required)
    .addColumn('value', bytes, required)
    .addColumn('secret', 'integer', required)
    .addColumn('revision', 'integer', required)
    .addColumn('bytes', 'integer', required)
    .addColumn('updated_at', time, required)
    .addColumn('updated_by_json', 'text', required)
    .addPrimaryKeyConstraint('settings_by_key', ['workflow_id', 'key'])
    .execute()
  await db.schema
    .createTable('setting_changes')
    .addColumn('workflow_id', id, ofWorkflow)
    .addColumn('key', bytes, required)
    .addColumn('revision', 'integer', required)
    .addColumn('value', bytes)
    .addColumn('secret', 'integer', required)
    .addColumn('at', time, required)
    .addColumn('by_json', 'text', required)
    .addColumn('run_id', id)
    .addPrimaryKeyConstraint('setting_changes_by_key', ['workflow_id', 'key', 'revision'])
    .execute()
  await db.schema
    .createIndex('setting_changes_by_run')
    .on('setting_changes')
    .column('run_id')
    .where(sql.ref('run_id'), 'is not', null)
    .execute()
}

async function createRunTables(db: Db, { id, time, bytes, clustered }: Types): Promise<void> {
  await clustered(
    db.schema
      .createTable('runs')
      .addColumn('id', id, primary)
      .addColumn('workflow_id', id, ofWorkflow)
      .addColumn('version_id', id)
      .addColumn('trigger', 'text', required)
      .addColumn('status', 'text', required)
      .addColumn('code', 'text')
      .addColumn('message_json', 'text')
      .addColumn('warnings_json', 'text')
      .addColumn('replay_of', id)
      .addColumn('keep_settings', 'integer', required)
      .addColumn('created_at', time, required)
      .addColumn('started_at', time)
      .addColumn('finished_at', time)
      .addColumn('timing_json', 'text')
      .addColumn('server_id', id),
  ).execute()
  await createRunIndexes(db)
  await db.schema
    .createTable('run_requests')
    .addColumn('run_id', id, (column) => column.primaryKey().notNull().references('runs.id'))
    .addColumn('head_json', 'text')
    .addColumn('body', bytes)
    .addColumn('source', bytes)
    .execute()
  await db.schema
    .createTable('run_results')
    .addColumn('run_id', id, (column) => column.primaryKey().notNull().references('runs.id'))
    .addColumn('result_json', 'text')
    .addColumn('logs_json', 'text')
    .execute()
}

/** The last two indexes serve lists that filter by status or trigger (see list.ts). */
async function createRunIndexes(db: Db): Promise<void> {
  const indexes = {
    runs_by_time: ['created_at', 'id'],
    runs_of_workflow: ['workflow_id', 'created_at', 'id'],
    runs_by_state: ['status', 'trigger', 'created_at', 'id'],
    runs_of_workflow_by_state: ['workflow_id', 'status', 'trigger', 'created_at', 'id'],
  } as const
  for (const [name, columns] of Object.entries(indexes)) {
    await db.schema
      .createIndex(name)
      .on('runs')
      .columns([...columns])
      .execute()
  }
  await db.schema
    .createIndex('runs_queued')
    .on('runs')
    .columns(['created_at', 'id', 'workflow_id'])
    .where(sql.ref('status'), '=', sql.lit('queued'))
    .execute()
}

async function createScheduleTables(db: Db, { id, time, clustered }: Types): Promise<void> {
  await clustered(
    db.schema
      .createTable('schedules')
      .addColumn('workflow_id', id, (column) => column.primaryKey().notNull().references('workflows.id'))
      .addColumn('anchor_at', time, required)
      .addColumn('next_at', time),
  ).execute()
  await db.schema.createIndex('schedules_by_time').on('schedules').columns(['next_at', 'workflow_id']).execute()
  await clustered(
    db.schema
      .createTable('ticks')
      .addColumn('workflow_id', id, ofWorkflow)
      .addColumn('due_at', time, required)
      .addColumn('outcome', 'text', required)
      .addColumn('reason', 'text')
      .addColumn('run_id', id)
      .addColumn('attempts', 'integer', required)
      .addPrimaryKeyConstraint('ticks_by_time', ['workflow_id', 'due_at']),
  ).execute()
  await db.schema
    .createIndex('ticks_by_run')
    .on('ticks')
    .column('run_id')
    .where(sql.ref('run_id'), 'is not', null)
    .execute()
  await db.schema
    .createTable('servers')
    .addColumn('id', id, primary)
    .addColumn('started_at', time, required)
    .addColumn('lease_until', time, required)
    .execute()
}

async function createAccountTables(db: Db, { id, time, bytes, serial }: Types): Promise<void> {
  await db.schema
    .createTable('api_keys')
    .addColumn('id', id, primary)
    .addColumn('name', 'text', required)
    .addColumn('prefix', 'text', required)
    .addColumn('hash', id, (column) => column.notNull().unique())
    .addColumn('created_at', time, required)
    .addColumn('created_by_json', 'text', required)
    .addColumn('last_used_at', time)
    .addColumn('revoked_at', time)
    .execute()
  await db.schema
    .createTable('audit_log')
    .addColumn('id', serial)
    .addColumn('at', time, required)
    .addColumn('by_json', 'text', required)
    .addColumn('action', 'text', required)
    .addColumn('workflow_id', id)
    .addColumn('detail', bytes, required)
    .execute()
}
