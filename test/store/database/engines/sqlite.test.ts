import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../../../../src/store/database/database.ts'
import { openDatabase } from '../../../../src/store/database/engines/open.ts'
import type { Db } from '../../../../src/store/database/tables/tables.ts'
import { createDirectory } from '../../../helpers/databases.ts'

const TABLES = ['workflows', 'settings', 'settings_totals', 'runs', 'setting_changes']

test('the version of the database counts the commits that change workflows or settings, and no others', async (t) => {
  const database = await openDatabase({ databaseUrl: null, dataDir: createDirectory(t) })
  t.after(() => database.close())
  for (const name of TABLES) {
    await database.write((db) => sql`create table ${sql.table(name)} (id text, keep_settings int)`.execute(db))
  }
  const grows = (write: (db: Db) => Promise<unknown>) => hasGrown(database, write)
  for (const name of TABLES) {
    const isCounted = !['runs', 'setting_changes'].includes(name)
    const table = sql.table(name)
    const statements = [
      sql`insert into ${table} values ('a', 1)`,
      sql`update ${table} set id = 'b' where id = 'a'`,
      sql`insert into ${table} values ('c', 1) returning id`,
      sql`delete from ${table} where id = 'b'`,
      sql`with old as (select id from ${table}) update ${table} set id = 'd' where id in (select id from old)`,
    ]
    for (const statement of statements)
      assert.equal(await grows((db) => statement.execute(db)), isCounted, `${name}: ${statement.compile}`)
  }
  assert.equal(await grows((db) => sql`select * from workflows`.execute(db)), false)
  assert.equal(await grows((db) => sql`update runs set keep_settings = 1`.execute(db)), false)
  assert.equal(
    await grows((db) =>
      db
        .insertInto('settings_totals')
        .values({ id: 'x' } as never)
        .execute(),
    ),
    true,
  )
})

test('a unit that is rolled back changes no version that a reader could have missed', async (t) => {
  const database = await openDatabase({ databaseUrl: null, dataDir: createDirectory(t) })
  t.after(() => database.close())
  await database.write((db) => sql`create table settings (id text)`.execute(db))
  const before = await versionOf(database)
  const failing = database.write(async (db) => {
    await sql`insert into settings values ('a')`.execute(db)
    throw new Error('changed its mind')
  })
  await assert.rejects(failing, /changed its mind/)
  const { rows } = await database.read((db) => sql`select * from settings`.execute(db))
  assert.deepEqual([rows, (await versionOf(database)) >= before], [[], true])
})

async function hasGrown(database: Database, write: (db: Db) => Promise<unknown>): Promise<boolean> {
  const before = await versionOf(database)
  await database.write(write)
  return (await versionOf(database)) > before
}

const versionOf = async ({ marks }: Database): Promise<number> => Number((await marks?.of('any'))?.workflow)
