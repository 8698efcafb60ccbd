/** Peak memory of a run. */

import { sql } from 'kysely'
import type { Migration } from '../../migration.ts'

export const runMemory: Migration = {
  number: 44,
  name: 'run memory',
  async up(db, engine) {
    const bytes = engine === 'sqlite' ? sql`integer` : sql`bigint`
    await db.schema.alterTable('runs').addColumn('peak_memory_bytes', bytes).execute()
  },
}
