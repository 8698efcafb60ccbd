/** Finds the runs whose function reported a failure, for lists of what is failing and for charts. */

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
      // Few runs are in it, and the rest pay nothing. Queries repeat the condition to the letter (run-lists.ts).
      await sql`create index ${sql.ref(name)} on runs (${sql.join(columns.map((column) => sql.ref(column)))})
        where warnings_json like '%"code":"reported_failure"%'`.execute(db)
    }
  },
}
