/** Trace and parent span of a run. */

import type { Migration } from '../migration.ts'

export const traces: Migration = {
  number: 41,
  name: 'traces',
  async up(db) {
    await db.schema.alterTable('runs').addColumn('trace_id', 'text').execute()
    await db.schema.alterTable('runs').addColumn('trace_parent_id', 'text').execute()
  },
}
