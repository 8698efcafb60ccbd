/** Index of runs with a reported failure, for lists and charts. */

import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

export const runStats: Migration = {
  number: 11,
  name: 'run-stats',
  async up(db) {
    const indexes = {
      runs_reported: ['created_at', 'id'],
      runs_of_workflow_reported: ['workflow_id', 'created_at', 'id'],
    } as const
    for (const [name, columns] of Object.entries(indexes)) {
      // The partial index has few runs. Queries must repeat its condition exactly (list.ts).
      await sql`create index ${sql.ref(name)} on runs (${sql.join(columns.map((column) => sql.ref(column)))})
        where warnings_json like '%"code":"reported_failure"%'`.execute(db)
    }
  },
}
