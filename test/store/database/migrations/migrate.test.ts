import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type RawBuilder, sql } from 'kysely'
import type { DatabaseOptions } from '../../../../src/store/database/database.ts'
import { openDatabase } from '../../../../src/store/database/engines/open.ts'
import { MIGRATIONS, migrate } from '../../../../src/store/database/migrations/migrate.ts'
import { listStatements } from '../../../../src/store/database/migrations/migration.ts'
import { createDirectory, createPostgres } from '../../../helpers/databases.ts'
import { loadLastOf0 } from '../../upgrade/last-0.ts'

const FOLDER = join(import.meta.dirname, '../../../../src/store/database/migrations')

/** A released migration never changes: databases were made with it. A new one gets a line here when it is released. */
const RELEASED: Readonly<Record<string, string>> = {
  '0088-start.sql': '9c5998c674cce58727b62c47688251502ed7e1d1c5afb4f953b287f2e6102996',
}

test('a released migration is what it was at its release', () => {
  const hashOf = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(FOLDER, name)))
      .digest('hex')
  const found = Object.fromEntries(Object.keys(RELEASED).map((name) => [name, hashOf(name)]))
  assert.deepEqual(found, RELEASED)
})

test('each file of a migration is one of the list', () => {
  const texts = MIGRATIONS.map(({ sql: text }) => text())
  const files = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.sql'))
    .map((name) => readFileSync(join(FOLDER, name), 'utf8'))
  assert.deepEqual(texts, files)
})

test('statements of one engine, its types and comments are told apart', () => {
  const text = '-- Why.\ncreate table a (\n  id {id}\n);\ncreate index b on a (id);\n\n-- sqlite:\nselect 1;\n  end;\n'
  assert.deepEqual(listStatements(text, 'sqlite'), [
    'create table a (\n  id text\n)',
    'create index b on a (id)',
    'select 1;\n  end',
  ])
  assert.deepEqual(listStatements(text, 'postgres'), [
    'create table a (\n  id text collate "C"\n)',
    'create index b on a (id)',
  ])
  assert.throws(() => listStatements('create table a (id {uuid});\n', 'sqlite'), /found \{uuid\}/)
})

type Query = RawBuilder<Record<string, unknown>>
const OF_ACCOUNTS = "'user', 'session', 'account', 'verification', 'rateLimit'"

/** All that SQLite knows of the tables. */
const SQLITE: Readonly<Record<string, Query>> = {
  tables: sql`select name, wr as without_rowid, strict, lower(sql) like '%autoincrement%' as serial
    from pragma_table_list join sqlite_schema using (name) where name not in (${sql.raw(OF_ACCOUNTS)}) order by name`,
  columns: sql`select m.name as t, c.* from sqlite_schema m, pragma_table_xinfo(m.name) c
    where m.type = 'table' and m.name not in (${sql.raw(OF_ACCOUNTS)}) order by m.name, c.cid`,
  references: sql`select m.name as t, f.* from sqlite_schema m, pragma_foreign_key_list(m.name) f
    where m.type = 'table' and m.name not in (${sql.raw(OF_ACCOUNTS)}) order by m.name, f."from"`,
  indexes: sql`select m.name as t, i."unique", i.origin, i.partial,
      (select group_concat(x.cid || ' ' || coalesce(x.name, '') || ' ' || x.desc || ' ' || x.coll) from pragma_index_xinfo(i.name) x) as keys
    from sqlite_schema m, pragma_index_list(m.name) i
    where m.type = 'table' and m.name not in (${sql.raw(OF_ACCOUNTS)}) order by m.name, i.origin, keys, i.partial`,
  texts: sql`select name, sql from sqlite_schema where sql is not null and tbl_name not in (${sql.raw(OF_ACCOUNTS)})
    and (type <> 'table' or lower(sql) like 'create virtual%') order by name`,
}

/** All that PostgreSQL knows of them. */
const POSTGRES: Readonly<Record<string, Query>> = {
  columns: sql`select table_name, column_name, ordinal_position, column_default, is_nullable, data_type, collation_name
    from information_schema.columns where table_schema = 'public' and table_name not in (${sql.raw(OF_ACCOUNTS)})
    order by table_name, ordinal_position`,
  constraints: sql`select conrelid::regclass::text as t, conname, pg_get_constraintdef(oid) as text from pg_constraint
    where connamespace = 'public'::regnamespace and conrelid::regclass::text not in (${sql.raw(OF_ACCOUNTS)}, '"user"', '"rateLimit"')
    order by 1, 2`,
  indexes: sql`select indexname, indexdef as text from pg_indexes
    where schemaname = 'public' and tablename not in (${sql.raw(OF_ACCOUNTS)}) order by 1`,
  triggers: sql`select tgname, pg_get_triggerdef(oid) as text from pg_trigger where not tgisinternal order by 1`,
  functions: sql`select proname, pg_get_functiondef(oid) as text from pg_proc
    where pronamespace = 'public'::regnamespace and proname like 'refuse%' order by 1`,
  sequences: sql`select sequencename, data_type::text, start_value, increment_by from pg_sequences order by 1`,
}

/** Without the marks that mean nothing to a database: quotes of names, and spaces. */
const plain = (value: unknown): unknown =>
  typeof value === 'string' ? value.toLowerCase().replaceAll('"', '').replace(/\s+/g, ' ') : value

/** The tables after all migrations. */
async function describeTables(options: DatabaseOptions): Promise<Readonly<Record<string, unknown>>> {
  const database = await openDatabase(options)
  try {
    await migrate(database, 1, async () => {})
    const found: Record<string, unknown> = {}
    for (const [name, query] of Object.entries(database.engine === 'sqlite' ? SQLITE : POSTGRES)) {
      const { rows } = await database.read((db) => query.execute(db))
      assert.ok(rows.length > 0, name)
      found[name] = rows.map((row) =>
        Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plain(value)])),
      )
    }
    return found
  } finally {
    await database.close()
  }
}

const postgres = createPostgres()
after(() => postgres.stop())

for (const engine of ['sqlite', 'postgres'] as const) {
  test(`a database of the last release 0.x has the tables of a new one: ${engine}`, async (t) => {
    const former = await loadLastOf0(t, engine, postgres)
    const databaseUrl = engine === 'sqlite' ? null : await postgres.createDatabase()
    assert.deepEqual(await describeTables({ databaseUrl, dataDir: createDirectory(t) }), await describeTables(former))
  })

  test(`runs that were erased before an upgrade say so after it: ${engine}`, async (t) => {
    const database = await openDatabase(await loadLastOf0(t, engine, postgres))
    t.after(() => database.close())
    const rows = await database.read((db) => db.selectFrom('runs').select('id').orderBy('id').execute())
    const [first, second, ...others] = rows.map(({ id }) => id)
    assert.ok(first !== undefined && second !== undefined && others.length > 0)
    const erasures = [
      { id: 'ers_1', at: 1000, runs: [first, second, 'run_deleted'] },
      { id: 'ers_2', at: 2000, runs: [second] },
      { id: 'ers_3', at: 3000, runs: [] },
    ]
    for (const { id, at, runs } of erasures) {
      const values = { id, at, by_json: '{}', runs_json: JSON.stringify(runs), sha256: '' }
      await database.write((db) => db.insertInto('erasures').values(values).execute())
    }
    await migrate(database, 1, async () => {})
    const found = await database.read((db) => db.selectFrom('runs').select('erased_at').orderBy('id').execute())
    assert.deepEqual(
      found.map((row) => row.erased_at),
      [1000, 2000, ...others.map(() => null)],
    )
  })

  test(`decisions of before get their position in the chain, even if their chain was deleted: ${engine}`, async (t) => {
    const database = await openDatabase(await loadLastOf0(t, engine, postgres))
    t.after(() => database.close())
    const before = MIGRATIONS.filter(({ number }) => number < 111)
    await migrate(database, 1, async () => {}, before)
    const chain = (id: string) => sql`insert into decision_chains values (${id}, 2, 'b', 1, 'a', 0, 0)`
    const decision = (workflowId: string, number: number) => sql`insert into decisions
      (id, workflow_id, number, run_id, first_id, call, at, outcome, record, sha256, data, kept_until)
      values (${`dec_${workflowId}${number}`}, ${workflowId}, ${number}, 'r', 'r', '[]', 1, 'yes', '{}', 'b', ${Buffer.of(7)}, 9)`
    const rows = [
      chain('wf_a'),
      chain('wf_c'),
      decision('wf_c', 2),
      decision('wf_b', 1),
      decision('wf_a', 1),
      decision('wf_c', 1),
    ]
    await database.write(async (db) => {
      for (const row of rows) await row.execute(db)
    })
    await migrate(database, 1, async () => {})
    const select = (text: string) => database.read((db) => sql.raw<{ text: string }>(text).execute(db))
    const decisions = await select(
      "select (position / 4294967296) || ' ' || number || ' ' || id as text from decisions where data is not null order by position",
    )
    const texts = decisions.rows.map(({ text }) => text)
    assert.deepEqual(texts, ['1 1 dec_wf_a1', '2 1 dec_wf_b1', '3 1 dec_wf_c1', '3 2 dec_wf_c2'])
    const chains = await select("select workflow_id || ' ' || serial as text from decision_chains order by serial")
    assert.deepEqual(
      chains.rows.map(({ text }) => text),
      ['wf_a 1', 'wf_c 3'],
    )
  })

  test(`a last release 0.x finds all its migrations in a new database: ${engine}`, async (t) => {
    const databaseUrl = engine === 'sqlite' ? null : await postgres.createDatabase()
    const list = async (options: DatabaseOptions): Promise<readonly number[]> => {
      const database = await openDatabase(options)
      await migrate(database, 1, async () => {})
      const rows = await database.read((db) => db.selectFrom('schema_migrations').select('number').execute())
      await database.close()
      return rows.map(({ number }) => number)
    }
    const found = new Set(await list({ databaseUrl, dataDir: createDirectory(t) }))
    const former = await list(await loadLastOf0(t, engine, postgres))
    assert.ok(former.length > 40)
    assert.deepEqual(
      former.filter((number) => !found.has(number)),
      [],
    )
  })
}
