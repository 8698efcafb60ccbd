/** Lets only retention delete the oldest audit lines. */

import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

/**
 * A line can be deleted if its id is below `audit_horizon.before_id`. Only retention moves this value, in its delete
 * transaction. Updates remain forbidden.
 */
export const auditRetention: Migration = {
  number: 12,
  name: 'audit-retention',
  async up(db, engine) {
    await db.schema
      .createTable('audit_horizon')
      .addColumn('id', 'integer', (column) => column.primaryKey().notNull())
      .addColumn('before_id', engine === 'sqlite' ? sql`integer` : sql`bigint`, (column) => column.notNull())
      .execute()
    await sql`insert into audit_horizon (id, before_id) values (1, 0)`.execute(db)
    const refusal = 'the audit log is append-only'
    if (engine === 'sqlite') {
      await sql`drop trigger audit_log_no_delete`.execute(db)
      await sql`create trigger audit_log_no_delete before delete on audit_log
        when old.id >= (select coalesce(max(before_id), 0) from audit_horizon)
        begin select raise(abort, ${sql.lit(refusal)}); end`.execute(db)
      return
    }
    await sql`drop trigger audit_log_append_only on audit_log`.execute(db)
    await sql`create trigger audit_log_append_only before update or truncate on audit_log
      for each statement execute function refuse_change_of_audit_log()`.execute(db)
    await sql`create function refuse_deletion_in_audit_log() returns trigger language plpgsql as ${sql.lit(
      `begin
        if old.id >= coalesce((select max(before_id) from audit_horizon), 0) then raise exception '${refusal}'; end if;
        return old;
      end`,
    )}`.execute(db)
    await sql`create trigger audit_log_no_delete before delete on audit_log
      for each row execute function refuse_deletion_in_audit_log()`.execute(db)
  },
}
