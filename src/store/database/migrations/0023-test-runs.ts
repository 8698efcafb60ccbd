/** Marks manual runs of unsaved code or with copied settings as tests, which never count as production failures. */

import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

export const testRuns: Migration = {
  number: 23,
  name: 'test-runs',
  async up(db) {
    await sql`update runs set trigger = 'test'
      where trigger = 'manual' and status in ('succeeded', 'failed', 'timed_out', 'cancelled', 'lost')
        and (keep_settings = 0 or version_id is null)`.execute(db)
  },
}
