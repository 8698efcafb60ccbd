/** Search index of run requests, answers, errors and logs. */

import { sql } from 'kysely'
import type { Migration } from '../../migration.ts'

export const runSearch: Migration = {
  number: 47,
  name: 'run-search',
  async up(db, engine) {
    const id = engine === 'sqlite' ? sql`text` : sql`text collate "C"`
    await db.schema
      .createTable('run_texts')
      .addColumn('id', engine === 'sqlite' ? 'integer' : 'bigint', (column) => column.primaryKey().notNull())
      .addColumn('run_id', id, (column) => column.notNull().unique().references('runs.id').onDelete('cascade'))
      .addColumn('text', 'text', (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('search_pending')
      .addColumn('run_id', id, (column) => column.primaryKey().notNull().references('runs.id').onDelete('cascade'))
      .execute()
    for (const statement of engine === 'sqlite' ? SQLITE : POSTGRES) await sql.raw(statement).execute(db)
  },
}

/** `secure-delete` removes all traces of deleted text from the index. */
const SQLITE = [
  `create virtual table run_search using fts5(
    text, content='run_texts', content_rowid='id', tokenize='trigram', detail=none, columnsize=0)`,
  `insert into run_search(run_search, rank) values('secure-delete', 1)`,
  `create trigger run_texts_added after insert on run_texts begin
    insert into run_search(rowid, text) values (new.id, new.text);
  end`,
  `create trigger run_texts_deleted after delete on run_texts begin
    insert into run_search(run_search, rowid, text) values ('delete', old.id, old.text);
  end`,
]

/** Without the extension, or the right to create it, a search scans the runs. */
const POSTGRES = [
  `do $$ begin
    create extension if not exists pg_trgm;
    create index run_texts_trgm on run_texts using gin (text gin_trgm_ops);
  exception when others then
    raise notice 'pg_trgm: %', sqlerrm;
  end $$`,
]
