/** Label and response status of runs, for lists and filters. */

import type { Migration } from '../migration.ts'

export const runLabels: Migration = {
  number: 31,
  name: 'run-labels',
  async up(db) {
    await db.schema.alterTable('runs').addColumn('label_json', 'text').execute()
    await db.schema.alterTable('runs').addColumn('status_code', 'integer').execute()
  },
}
