/** A person's language for the app and for e-mails. */

import { sql } from 'kysely'
import type { Migration } from '../../migration.ts'

export const languages: Migration = {
  number: 61,
  name: 'languages',
  async up(db, engine) {
    const id = engine === 'sqlite' ? sql`text` : sql`text collate "C"`
    await db.schema
      .createTable('person_languages')
      .addColumn('person_id', id, (column) => column.primaryKey().notNull())
      .addColumn('language', 'text', (column) => column.notNull())
      .execute()
  },
}
