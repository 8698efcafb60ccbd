/** Old and new values of each change in the audit log. */

import type { Migration } from '../../migration.ts'

export const auditChanges: Migration = {
  number: 77,
  name: 'audit-changes',
  compatible: true,
  async up(db) {
    await db.schema.alterTable('audit_log').addColumn('changes_json', 'text').execute()
  },
}
