/** Audit log filters and failed sign-ins. */

import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

/** Audit lines are immutable, so filters use indexes on expressions instead of new columns. */
export const auditIndexes: Migration = {
  number: 19,
  name: 'audit-indexes',
  async up(db, engine) {
    for (const name of ['id', 'name']) {
      const part =
        engine === 'sqlite'
          ? sql`json_extract(by_json, ${sql.lit(`$.${name}`)})`
          : sql`(by_json::json ->> ${sql.lit(name)})`
      await sql`create index ${sql.id(`audit_log_by_actor_${name}`)} on audit_log (${part}, id)`.execute(db)
    }
    await db.schema.createIndex('audit_log_by_workflow').on('audit_log').columns(['workflow_id', 'id']).execute()
    await db.schema.createIndex('audit_log_by_action').on('audit_log').columns(['action', 'id']).execute()
    await db.schema.createIndex('audit_log_by_time').on('audit_log').column('at').execute()
  },
}

export const signInLimits: Migration = {
  number: 20,
  name: 'sign-in-limits',
  async up(db, engine) {
    const time = engine === 'sqlite' ? sql`integer` : sql`bigint`
    await db.schema
      .createTable('sign_in_limits')
      .addColumn('key', 'text', (column) => column.primaryKey().notNull())
      .addColumn('failures', 'integer', (column) => column.notNull())
      .addColumn('last_at', time, (column) => column.notNull())
      .addColumn('refused_until', time, (column) => column.notNull())
      .addColumn('has_account', 'integer', (column) => column.notNull())
      .execute()
    await db.schema
      .createIndex('sign_in_limits_by_time')
      .on('sign_in_limits')
      .columns(['has_account', 'last_at'])
      .execute()
  },
}
