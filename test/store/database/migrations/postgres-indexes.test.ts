import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { Database, DatabaseOptions } from '../../../../src/store/database/database.ts'
import { openDatabase } from '../../../../src/store/database/engines/open.ts'
import { migrate } from '../../../../src/store/database/migrations/migrate.ts'
import { forEachDatabase, openSql, openStore } from '../../../helpers/databases.ts'
import { addRun, addWorkflow } from '../../../helpers/store-data.ts'
import { until } from '../../../helpers/workflows.ts'

const SOURCE = join(import.meta.dirname, '../../../../src/store/database')
/** What a later release adds. */
const INDEXES = [{ name: 'runs_by_end', on: 'runs (finished_at) where finished_at is not null' }]
const add = (database: Database) =>
  migrate(database, 1, async () => {}, [{ number: 9001, name: 'later', indexes: INDEXES, sql: () => '' }])

async function open(t: Parameters<typeof openSql>[0], options: DatabaseOptions): Promise<Database> {
  const database = await openDatabase(options)
  t.after(() => database.close())
  return database
}

/** Null: there is no such index. */
async function isWhole(database: Database): Promise<boolean | null> {
  return await database.read(async (db) => {
    const { rows } = await sql<{ indisvalid: boolean }>`
      select indisvalid from pg_index where indexrelid = to_regclass('runs_by_end')`.execute(db)
    return rows[0]?.indisvalid ?? null
  })
}

/** Makes the index in a process of its own, as a server that starts does. */
function addElsewhere(options: DatabaseOptions) {
  const code = `
    const { openDatabase } = await import(${JSON.stringify(join(SOURCE, 'engines/open.ts'))})
    const { migrate } = await import(${JSON.stringify(join(SOURCE, 'migrations/migrate.ts'))})
    const later = { number: 9001, name: 'later', indexes: ${JSON.stringify(INDEXES)}, sql: () => '' }
    await migrate(await openDatabase(${JSON.stringify(options)}), 1, async () => {}, [later])`
  return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore' })
}

forEachDatabase(({ engine, createDatabase }) => {
  test('an index of a large table is made once', async (t) => {
    const options = await createDatabase(t)
    await (await openStore(t, options)).close()
    const database = await open(t, options)
    await add(database)
    await add(database)
    const run = await openSql(t, options)
    await assert.rejects(run(`create index runs_by_end on runs (finished_at)`), /already exists/)
  })

  if (engine === 'sqlite') return

  test('servers write to a large table while an index of it is made', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const { id } = await addWorkflow(store)
    const run = await openSql(t, options)
    // An index waits for it, however it is made.
    await run(`begin; update runs set finished_at = null; select txid_current()`)
    const database = await open(t, options)
    const made = add(database)
    await until(async () => (await isWhole(database)) === false)
    const other = add(await open(t, options))
    await addRun(store, id)
    assert.equal(await isWhole(database), false)
    await run('commit')
    await Promise.all([made, other])
    assert.equal(await isWhole(database), true)
  })

  test('an index that a server left unfinished when it died is made anew', async (t) => {
    const options = await createDatabase(t)
    await (await openStore(t, options)).close()
    const run = await openSql(t, options)
    await run(`begin; update runs set finished_at = null; select txid_current()`)
    const database = await open(t, options)
    const server = addElsewhere(options)
    const ended = once(server, 'exit')
    await until(async () => (await isWhole(database)) === false)
    server.kill('SIGKILL')
    await ended
    // PostgreSQL goes on with the statement, so it dies too.
    const other = await openSql(t, options)
    await other(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'create index concurrently%'`,
    )
    await run('commit')
    assert.equal(await isWhole(database), false)
    await add(database)
    assert.equal(await isWhole(database), true)
  })

  test('an index that PostgreSQL still makes for a server that died is waited for, not made twice', async (t) => {
    const options = await createDatabase(t)
    await (await openStore(t, options)).close()
    const run = await openSql(t, options)
    await run(`begin; update runs set finished_at = null; select txid_current()`)
    const database = await open(t, options)
    const server = addElsewhere(options)
    const ended = once(server, 'exit')
    await until(async () => (await isWhole(database)) === false)
    server.kill('SIGKILL')
    await ended
    const before = await oidOf(database)
    const made = add(database)
    await run('commit')
    await made
    assert.deepEqual([await isWhole(database), await oidOf(database)], [true, before])
  })
})

async function oidOf(database: Database): Promise<unknown> {
  return await database.read(async (db) => (await sql`select to_regclass('runs_by_end')::oid as oid`.execute(db)).rows)
}
