/** Indexes for the filters of the audit log. Its lines can't be changed, so what is filtered by gets no column of its own. */

import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

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
