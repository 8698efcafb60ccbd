/** From the oldest database that a landed release wrote to today's, and what releases say to each other through it. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import pg from 'pg'
import { createStore } from '../../../src/store/create-store.ts'
import type { DatabaseOptions } from '../../../src/store/database/database.ts'
import { openDatabase } from '../../../src/store/database/open.ts'
import { createKeyring } from '../../../src/store/secrets/encryption.ts'
import { tryUpgradeOfCopy, upgrade as upgradeTables } from '../../../src/store/upkeep/upgrade.ts'
import { COMPILED } from '../../helpers/compiled.ts'
import { createDirectory, openSql, openStore, sharedPostgres } from '../../helpers/databases.ts'
import { startServer } from '../../helpers/server.ts'
import { callHook, must, until, type WorkflowBody } from '../../helpers/workflows.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
/** The key under which commit c9ca20c wrote them (24 November 2026, tables at 1): three calls, a failed one, one cut off by SIGKILL. */
const KEY = { WORKFLOWS_SECRET_KEY: Buffer.alloc(32, 3).toString('base64'), WORKFLOWS_RETENTION_DAYS: '36500' }
const fixture = (engine: string) => readFileSync(join(import.meta.dirname, `../upgrade/oldest-${engine}.sql`), 'utf8')

const postgres = sharedPostgres()
after(() => postgres.stop())

async function load(t: Parameters<typeof createDirectory>[0], engine: 'sqlite' | 'postgres'): Promise<DatabaseOptions> {
  const dataDir = createDirectory(t)
  if (engine === 'sqlite') {
    const file = new DatabaseSync(join(dataDir, 'workflows.db'))
    file.exec(fixture(engine))
    file.close()
    return { databaseUrl: null, dataDir }
  }
  const databaseUrl = await postgres.createDatabase()
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(fixture(engine))
  await client.end()
  return { databaseUrl, dataDir }
}

function upgrade({ databaseUrl, dataDir }: DatabaseOptions, args: readonly string[], env: Record<string, string> = {}) {
  const program = ['--disable-warning=ExperimentalWarning', join(ROOT, 'src/commands/main.ts'), 'upgrade', ...args]
  const own = {
    ...COMPILED,
    ...KEY,
    WORKFLOWS_DATA_DIR: dataDir,
    ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, program, { env: { ...own, ...env }, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

const migrationsOf = async (options: DatabaseOptions) => {
  const database = await openDatabase(options)
  const rows = await database.read((db) => db.selectFrom('schema_migrations').select('number').execute())
  await database.close()
  return rows.length
}

/** With UPGRADE_LONG=1: real servers on the upgraded databases, some 30 s. */
const long = { skip: process.env.UPGRADE_LONG === '1' ? false : 'long: set UPGRADE_LONG=1' }
const engines = ['sqlite', 'postgres'] as const

for (const engine of engines) {
  test(`the oldest database becomes today's, with its workflows, secrets and runs: ${engine}`, async (t) => {
    const options = await load(t, engine)
    const { migrations } = await upgradeTables(options, 1)
    assert.ok(migrations.length > 20)
    assert.deepEqual((await upgradeTables(options, 1)).migrations, [])
    const keyring = createKeyring(Buffer.from(KEY.WORKFLOWS_SECRET_KEY, 'base64'))
    const store = await createStore({ ...options, keyring, serverId: 'srv_new' })
    t.after(() => store.close())
    const { data } = await store.listWorkflows({}, { limit: 10, cursor: null })
    assert.deepEqual(data.map(({ name }) => name).sort(), ['Counter', 'Fails', 'Nightly', 'Waits'])
    const counter = data.find(({ name }) => name === 'Counter')
    assert.ok(counter)
    const settings = await store.getSnapshot(counter.id)
    assert.deepEqual([settings.get('n')?.value, settings.get('TOKEN')?.value], ['3', '"kept-secret"'])
    assert.equal((await store.recoverLostRuns(Date.now())).length, 1)
    const runs = await store.listRuns({}, { limit: 10, cursor: null })
    assert.deepEqual(runs.data.map(({ status }) => status).sort(), [
      'failed',
      'lost',
      'succeeded',
      'succeeded',
      'succeeded',
    ])
  })
}

test('an upgrade of SQLite is tried on a copy, with its time and the room that it needs, and changes nothing', async (t) => {
  const options = await load(t, 'sqlite')
  const { status, output } = upgrade(options, ['--check'])
  assert.equal(status, 0, output)
  assert.match(output, /On a copy, \d+ migrations took [\d.]+ s: 2 keeping, /)
  assert.match(output, /stop all of them first/)
  assert.match(output, /The upgrade needs up to \d+ MiB of the disk .* are free/)
  assert.equal(await migrationsOf(options), 1)
  assert.deepEqual(
    readdirSync(options.dataDir).filter((name) => /^upgrade|^backups/.test(name)),
    [],
  )
  await upgradeTables(options, 1)
  assert.match(readdirSync(join(options.dataDir, 'backups')).join(), /-before-upgrade-from-1\.db$/)
})

test('on PostgreSQL a backup comes first, and the trial needs a copy, which is another database', async (t) => {
  const options = await load(t, 'postgres')
  const databaseUrl = options.databaseUrl ?? ''
  assert.match(upgrade(options, []).output, /Back PostgreSQL up first .* --backed-up/)
  await assert.rejects(tryUpgradeOfCopy(databaseUrl, `${databaseUrl}&application_name=x`, 1), /expected a copy/)
  const copy = await load(t, 'postgres')
  const { migrations } = await tryUpgradeOfCopy(databaseUrl, copy.databaseUrl ?? '', 1)
  assert.ok(migrations.length > 20)
  assert.equal(await migrationsOf(options), 1)
})

test('an upgrade that waits for a dump holds up no server', async (t) => {
  const options = await load(t, 'postgres')
  const dump = await openSql(t, options)
  await dump('begin; select count(*) from workflows')
  const upgraded = upgradeTables(options, 1)
  const server = new pg.Client({ connectionString: options.databaseUrl ?? '', statement_timeout: 5000 })
  await server.connect()
  t.after(() => server.end())
  const waiting = `select 1 from pg_locks join pg_database on pg_database.oid = database
    where datname = current_database() and not granted and relation = 'workflows'::regclass`
  await until(async () => (await server.query(waiting)).rows.length > 0)
  await server.query('select count(*) from workflows')
  await dump('commit')
  assert.ok((await upgraded).migrations.length > 20)
})

test('a newer release says whether this one may work on its database', async (t) => {
  const options = { databaseUrl: await postgres.createDatabase(), dataDir: createDirectory(t) }
  const store = await openStore(t, options)
  const run = await openSql(t, options)
  await run("insert into schema_migrations (number, name, applied_at) values (9000, 'of the next release', 1)")
  await assert.doesNotReject(store.heartbeat())
  // The next release only added something: this one may be started again.
  await assert.doesNotReject(openStore(t, options))
  await run("update meta set value = '9000' where key = 'minimum-migration'")
  await assert.rejects(store.heartbeat(), { name: 'OutdatedError', message: /it needs 9000/ })
  await assert.rejects(openStore(t, options), /written by a newer version/)
})

for (const engine of engines) {
  test(`a server works on the oldest database: ${engine}`, long, async (t) => {
    const options = await load(t, engine)
    const done = upgrade(options, engine === 'sqlite' ? [] : ['--backed-up'])
    assert.equal(done.status, 0, done.output)
    const env = { ...KEY, ...(options.databaseUrl === null ? {} : { DATABASE_URL: options.databaseUrl }) }
    const server = await startServer({ dataDir: options.dataDir, env })
    t.after(() => server.stop())
    const { data } = await must(server.api<{ data: WorkflowBody[] }>('GET', '/api/workflows'), 200)
    const counter = data.find(({ name }) => name === 'Counter')
    assert.ok(counter)
    // The counter and the secret go on where they were.
    assert.equal((await callHook(counter, {})).text, '4 kept-secret')
    const headers = { 'content-type': 'application/json', origin: server.url }
    const body = JSON.stringify({ email: 'ada@example.com', password: 'a long pass phrase 77' })
    const signedIn = await fetch(`${server.url}/api/auth/sign-in/email`, { method: 'POST', headers, body })
    assert.equal(signedIn.status, 200, await signedIn.text())
  })
}

test('a server that must not work beside a newer release ends by itself', long, async (t) => {
  const databaseUrl = await postgres.createDatabase()
  const options = { databaseUrl, dataDir: createDirectory(t) }
  const env = { ...KEY, DATABASE_URL: databaseUrl, WORKFLOWS_LEASE_SECONDS: '3' }
  const server = await startServer({ dataDir: options.dataDir, env })
  const run = await openSql(t, options)
  const exit = new Promise((done) => server.process.once('exit', done))
  await run("update meta set value = '9000' where key = 'minimum-migration'")
  assert.equal(await exit, 1)
  assert.match(server.output(), /A newer release has changed the database \(it needs 9000, .*Its runs end/)
})
