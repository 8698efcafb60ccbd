/** Indexes for workflow lists by name, change time and search, so that a query reads only one page. */

import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

export const workflowLists: Migration = {
  number: 65,
  name: 'workflow-lists',
  async up(db, engine) {
    await db.schema.createIndex('workflows_by_name').on('workflows').columns(['search', 'id']).execute()
    await db.schema.createIndex('workflows_by_change').on('workflows').columns(['updated_at', 'id']).execute()
    if (engine === 'postgres') await sql.raw(TRIGRAMS).execute(db)
  },
}

/** Without the extension, or the right to create it, a search reads all workflows. */
const TRIGRAMS = `do $$ begin
  create extension if not exists pg_trgm;
  create index workflows_trgm on workflows using gin (search gin_trgm_ops);
exception when others then
  raise notice 'pg_trgm: %', sqlerrm;
end $$`
