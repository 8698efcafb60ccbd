/** What is done with databases of other releases, and what releases say to each other through a database. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import pg from 'pg'
import { createStore } from '../../../src/store/create-store.ts'
import type { DatabaseOptions } from '../../../src/store/database/database.ts'
import { MIGRATIONS } from '../../../src/store/database/migrations/migrate.ts'
import type { Migration } from '../../../src/store/database/migrations/migration.ts'
import { createKeyring } from '../../../src/store/secrets/encryption.ts'
import { tryUpgradeOfCopy, tryUpgradeOfFile, upgrade as upgradeTables } from '../../../src/store/upkeep/upgrade.ts'
import { COMPILED } from '../../helpers/compiled.ts'
import { createDirectory, openSql, openStore, sharedPostgres } from '../../helpers/databases.ts'
import { startServer } from '../../helpers/server.ts'
import { callHook, must, until, type WorkflowBody } from '../../helpers/workflows.ts'
import { KEY_OF_0, loadLastOf0 } from '../upgrade/last-0.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const KEY = { WORKFLOWS_SECRET_KEY: KEY_OF_0.toString('base64'), WORKFLOWS_RETENTION_DAYS: '36500' }
/** What a later release adds. */
const LATER: Migration = { number: 9001, name: 'later', sql: () => 'alter table workflows add column later text;\n' }
const WITH_LATER = [...MIGRATIONS, LATER]
/** The migrations since the last release 0.x, as an upgrade names them. */
const SINCE = MIGRATIONS.filter(({ number }) => number > 88).map(({ number, name }) => `${number} ${name}`)

const postgres = sharedPostgres()
after(() => postgres.stop())

const load = (t: Parameters<typeof createDirectory>[0], engine: 'sqlite' | 'postgres'): Promise<DatabaseOptions> =>
  loadLastOf0(t, engine, postgres)

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

/** With UPGRADE_LONG=1: real servers on these databases, some 30 s. */
const long = { skip: process.env.UPGRADE_LONG === '1' ? false : 'long: set UPGRADE_LONG=1' }
const engines = ['sqlite', 'postgres'] as const

for (const engine of engines) {
  test(`ST106 a database of the last release 0.x is used as it is, with its workflows, secrets and runs: ${engine}`, async (t) => {
    const options = await load(t, engine)
    assert.deepEqual((await upgradeTables(options, 1)).migrations, SINCE)
    const keyring = createKeyring(KEY_OF_0)
    const store = await createStore({ ...options, keyring, serverId: 'srv_new' })
    t.after(() => store.close())
    const { data } = await store.workflows.list({}, { limit: 10, cursor: null })
    assert.deepEqual(data.map(({ name }) => name).sort(), ['Counter', 'Fails', 'Nightly', 'Waits'])
    const counter = data.find(({ name }) => name === 'Counter')
    assert.ok(counter)
    const settings = await store.settings.getSnapshot(counter.id)
    assert.deepEqual([settings.get('n')?.value, settings.get('TOKEN')?.value], ['3', '"kept-secret"'])
    assert.equal((await store.runs.recoverLost(Date.now())).length, 1)
    const runs = await store.runs.list({}, { limit: 10, cursor: null })
    assert.deepEqual(runs.data.map(({ status }) => status).sort(), [
      'failed',
      'lost',
      'succeeded',
      'succeeded',
      'succeeded',
    ])
  })

  test(`an older database is refused with what it needs, and left as it is: ${engine}`, async (t) => {
    const options = await load(t, engine)
    const run = await openSql(t, options)
    await run('delete from schema_migrations where number > 80')
    const keyring = createKeyring(KEY_OF_0)
    const message =
      'The database was written by an older release (its tables are at 80, this release needs 88 or newer). Upgrade it with Workflows 0.2.0 first, then start this release.'
    await assert.rejects(createStore({ ...options, keyring, serverId: 'srv_new' }), { name: 'StartError', message })
    const { status, output } = upgrade(options, engine === 'sqlite' ? ['--check'] : ['--backed-up'])
    assert.notEqual(status, 0)
    assert.ok(output.includes(message), output)
    assert.equal(readdirSync(options.dataDir).includes('backups'), false)
    await run("insert into schema_migrations (number, name, applied_at) values (88, '', 1)")
    await assert.doesNotReject(upgradeTables(options, 1))
  })
}

test('an upgrade of SQLite is tried on a copy, with its time and the room that it needs, and changes nothing', async (t) => {
  const options = await load(t, 'sqlite')
  await upgradeTables(options, 1)
  rmSync(join(options.dataDir, 'backups'), { recursive: true, force: true })
  const { status, output } = upgrade(options, ['--check'])
  assert.equal(status, 0, output)
  assert.match(output, /^The tables are up to date \(\d+\)\. Nothing was changed\.\n/)
  assert.match(output, /The upgrade needs up to \d+ MiB of the disk .* are free/)
  const trial = await tryUpgradeOfFile(options.dataDir, createDirectory(t), 1, WITH_LATER)
  assert.deepEqual([trial.migrations, trial.to, trial.isCompatible], [['9001 later'], 9001, false])
  assert.ok(trial.bytesBefore > 0 && trial.bytesAfter >= trial.bytesBefore && (trial.freeBytes ?? 0) > 0)
  assert.deepEqual(
    readdirSync(options.dataDir).filter((name) => /^upgrade|^backups/.test(name)),
    [],
  )
  assert.deepEqual((await upgradeTables(options, 1, WITH_LATER)).migrations, ['9001 later'])
  assert.deepEqual((await upgradeTables(options, 1, WITH_LATER)).migrations, [])
  assert.match(readdirSync(join(options.dataDir, 'backups')).join(), /-before-upgrade-from-\d+\.db$/)
})

test('on PostgreSQL a backup comes first, and the trial needs a copy, which is another database', async (t) => {
  const options = await load(t, 'postgres')
  const databaseUrl = options.databaseUrl ?? ''
  assert.match(upgrade(options, []).output, /Back PostgreSQL up first .* --backed-up/)
  await assert.rejects(tryUpgradeOfCopy(databaseUrl, `${databaseUrl}&application_name=x`, 1), /expected a copy/)
  const copy = await load(t, 'postgres')
  const { migrations } = await tryUpgradeOfCopy(databaseUrl, copy.databaseUrl ?? '', 1, WITH_LATER)
  assert.deepEqual(migrations, [...SINCE, '9001 later'])
  const run = await openSql(t, options)
  await assert.rejects(run('select later from workflows'), /does not exist/)
})

test('an upgrade that waits for a dump holds up no server', async (t) => {
  const options = await load(t, 'postgres')
  const dump = await openSql(t, options)
  await dump('begin; select count(*) from workflows')
  const upgraded = upgradeTables(options, 1, WITH_LATER)
  const server = new pg.Client({ connectionString: options.databaseUrl ?? '', statement_timeout: 60_000 })
  await server.connect()
  t.after(() => server.end())
  const waiting = `select 1 from pg_locks join pg_database on pg_database.oid = database
    where datname = current_database() and not granted and relation = 'workflows'::regclass`
  await until(async () => (await server.query(waiting)).rows.length > 0)
  await server.query('select count(*) from workflows')
  await dump('commit')
  assert.deepEqual((await upgraded).migrations, [...SINCE, '9001 later'])
})

test('a failed upgrade changes nothing', async (t) => {
  const options = await load(t, 'sqlite')
  const broken: Migration = { number: 9002, name: 'broken', sql: () => 'alter table none add column later text;\n' }
  await assert.rejects(upgradeTables(options, 1, [...WITH_LATER, broken]), /no such table/)
  const file = new DatabaseSync(join(options.dataDir, 'workflows.db'))
  t.after(() => file.close())
  assert.throws(() => file.prepare('select later from workflows'), /no such column/)
  assert.equal(file.prepare('select max(number) as n from schema_migrations').get()?.n, 88)
})

test('ST106 a newer release says whether this one may work on its database', async (t) => {
  const options = { databaseUrl: await postgres.createDatabase(), dataDir: createDirectory(t) }
  const store = await openStore(t, options)
  const run = await openSql(t, options)
  await run("insert into schema_migrations (number, name, applied_at) values (9000, 'of the next release', 1)")
  await assert.doesNotReject(store.servers.heartbeat())
  // The next release only added something: this one may be started again.
  await assert.doesNotReject(openStore(t, options))
  await run("update meta set value = '9000' where key = 'minimum-migration'")
  await assert.rejects(store.servers.heartbeat(), { name: 'OutdatedError', message: /it needs 9000/ })
  await assert.rejects(openStore(t, options), /written by a newer version/)
})

for (const engine of engines) {
  test(`a server works on a database of the last release 0.x: ${engine}`, long, async (t) => {
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
