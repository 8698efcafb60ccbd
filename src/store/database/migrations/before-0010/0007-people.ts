/** Scopes and expiry of API keys, invitations, and an append-only audit log. */

import { sql } from 'kysely'
import type { Engine } from '../../database.ts'
import type { Migration } from '../../migration.ts'
import type { Db } from '../../tables.ts'

export const people: Migration = { number: 7, name: 'people', up }

async function up(db: Db, engine: Engine): Promise<void> {
  await addToKeys(db)
  await createInvitations(db, engine)
  await protectAuditLog(db, engine)
}

/** Keys older than scopes had all rights. */
async function addToKeys(db: Db): Promise<void> {
  await db.schema
    .alterTable('api_keys')
    .addColumn('scopes_json', 'text', (column) => column.notNull().defaultTo('["read","run","write","admin"]'))
    .execute()
  await db.schema.alterTable('api_keys').addColumn('expires_at', 'bigint').execute()
}

async function createInvitations(db: Db, engine: Engine): Promise<void> {
  const id = engine === 'postgres' ? sql`text collate "C"` : 'text'
  await db.schema
    .createTable('invitations')
    .addColumn('id', id, (column) => column.primaryKey())
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('created_by_json', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .execute()
}

/** Statements of this program can only insert lines. */
async function protectAuditLog(db: Db, engine: Engine): Promise<void> {
  const refusal = 'the audit log is append-only'
  if (engine === 'sqlite') {
    for (const event of ['update', 'delete']) {
      await sql`create trigger ${sql.id(`audit_log_no_${event}`)} before ${sql.raw(event)} on audit_log
        begin select raise(abort, ${sql.lit(refusal)}); end`.execute(db)
    }
    return
  }
  await sql`create function refuse_change_of_audit_log() returns trigger language plpgsql as ${sql.lit(
    `begin raise exception '${refusal}'; end`,
  )}`.execute(db)
  await sql`create trigger audit_log_append_only before update or delete or truncate on audit_log
    for each statement execute function refuse_change_of_audit_log()`.execute(db)
}
