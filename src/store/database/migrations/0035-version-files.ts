/** Additional modules of versions and of unsaved code. */

import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

export const versionFiles: Migration = {
  number: 35,
  name: 'version-files',
  async up(db, engine) {
    const bytes = engine === 'sqlite' ? sql`blob` : sql`bytea`
    await db.schema.alterTable('versions').addColumn('files', bytes).execute()
    await db.schema.alterTable('run_requests').addColumn('files', bytes).execute()
  },
}
