/** Additional modules of unsaved code and of its earlier texts. */

import { sql } from 'kysely'
import type { Migration } from '../../migration.ts'

export const draftFiles: Migration = {
  number: 63,
  name: 'draft-files',
  async up(db, engine) {
    const bytes = engine === 'sqlite' ? sql`blob` : sql`bytea`
    await db.schema.alterTable('code_drafts').addColumn('files', bytes).execute()
    await db.schema.alterTable('code_draft_texts').addColumn('files', bytes).execute()
  },
}
