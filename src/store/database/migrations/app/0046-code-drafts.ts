/** Unsaved code of each person, its earlier texts, version authors and deployment times. */

import { sql } from 'kysely'
import type { Migration } from '../../migration.ts'

export const codeDrafts: Migration = {
  number: 46,
  name: 'code-drafts',
  async up(db, engine) {
    const id = engine === 'sqlite' ? sql`text` : sql`text collate "C"`
    const bytes = engine === 'sqlite' ? sql`blob` : sql`bytea`
    const time = engine === 'sqlite' ? sql`integer` : sql`bigint`
    await db.schema
      .createTable('code_drafts')
      .addColumn('workflow_id', id, (column) => column.notNull().references('workflows.id'))
      .addColumn('owner_id', id, (column) => column.notNull())
      .addColumn('source', bytes)
      .addColumn('base_version', 'integer', (column) => column.notNull())
      .addColumn('base_deployed', 'integer', (column) => column.notNull())
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('updated_at', time, (column) => column.notNull())
      .addPrimaryKeyConstraint('code_drafts_by_owner', ['workflow_id', 'owner_id'])
      .execute()
    await db.schema
      .createTable('code_draft_texts')
      .addColumn('workflow_id', id, (column) => column.notNull())
      .addColumn('owner_id', id, (column) => column.notNull())
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('source', bytes, (column) => column.notNull())
      .addColumn('at', time, (column) => column.notNull())
      .addPrimaryKeyConstraint('code_draft_texts_by_revision', ['workflow_id', 'owner_id', 'revision'])
      .execute()
    await db.schema.alterTable('versions').addColumn('deployed_at', time).execute()
    await db.schema.alterTable('versions').addColumn('created_by_json', 'text').execute()
    // Earlier deployments of other versions are unknown.
    await sql`
      update versions set deployed_at = created_at
      where id in (select deployed_version_id from workflows where deployed_version_id is not null)
    `.execute(db)
  },
}
