import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createStore } from '../../src/store/create-store.ts'
import { openAuthDatabase, openDatabase } from '../../src/store/database/engines/open.ts'
import { createKeyring } from '../../src/store/secrets/encryption.ts'
import { emptyDatabaseNote, loadSecretKey } from '../../src/store/secrets/secret-key.ts'
import { createDirectory, createPostgres, forEachDatabase, openStore, TEST_KEYRING } from '../helpers/databases.ts'
import { addRun, addWorkflow, finish, outcome } from '../helpers/store-data.ts'

const STORE_HOLDER = join(import.meta.dirname, '../helpers/store-holder.ts')
const open = (databaseUrl: string | null, dataDir: string) =>
  createStore({ databaseUrl, dataDir, keyring: TEST_KEYRING, serverId: 'srv_test' })

forEachDatabase(({ engine, createDatabase }) => {
  test('what was stored is there after a restart', async (t) => {
    const options = await createDatabase(t)
    const first = await openStore(t, options)
    const workflow = await addWorkflow(first)
    const run = await addRun(first, workflow.id)
    await finish(first, run, outcome({ result: 'kept' }))
    await first.close()
    const second = await openStore(t, options)
    assert.deepEqual(await second.workflows.get(workflow.id), workflow)
    assert.equal((await second.runs.get(run.id))?.result, 'kept')
    await second.servers.ping()
  })

  test('D13 a database of a newer program is refused in one sentence, and left as it is', async (t) => {
    const options = await createDatabase(t)
    await (await openStore(t, options)).close()
    const database = await openDatabase(options)
    await database.write(async (db) => {
      await db.insertInto('schema_migrations').values({ number: 9999, name: 'future', applied_at: 1 }).execute()
      // As it says of a change beside which older programs would do wrong.
      const value = Buffer.from('9999')
      await db.updateTable('meta').set({ value }).where('key', '=', 'minimum-migration').execute()
    })
    await database.close()
    const error = { name: 'StartError', message: /written by a newer version .* 9999, this program knows \d+/ }
    await assert.rejects(openStore(t, options), error)
  })

  test('D13 a run in flight while the program is upgraded is lost, not forgotten', async (t) => {
    const options = await createDatabase(t)
    const former = await openStore(t, options)
    const run = await addRun(former, (await addWorkflow(former)).id)
    await former.close()
    const upgraded = await openStore(t, options)
    assert.deepEqual(await upgraded.runs.recoverLost(50_000), [run.id])
    assert.equal((await upgraded.runs.get(run.id))?.status, 'lost')
  })

  test('closing lets the writes under way land', async (t) => {
    const options = await createDatabase(t)
    const first = await openStore(t, options)
    const { id } = await addWorkflow(first)
    const writes = Array.from({ length: 5 }, () => addRun(first, id))
    const [runs] = await Promise.all([Promise.all(writes), first.close()])
    const second = await openStore(t, options)
    for (const run of runs) assert.equal((await second.runs.get(run.id))?.status, 'running')
  })

  test('accounts live in tables of their own in the same database, beside the store', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const auth = await openAuthDatabase(options)
    t.after(() => auth.close())
    assert.equal(auth.type, engine)
    await auth.db.schema.createTable('account').addColumn('id', 'text').execute()
    const db = auth.db.withTables<{ account: { id: string } }>()
    const { id } = await addWorkflow(store)
    await Promise.all([
      addRun(store, id),
      db.insertInto('account').values({ id: 'one' }).execute(),
      db.transaction().execute((trx) => trx.insertInto('account').values({ id: 'two' }).execute()),
      addRun(store, id),
    ])
    assert.deepEqual(
      (await db.selectFrom('account').select('id').orderBy('id').execute()).map((row) => row.id),
      ['one', 'two'],
    )
  })
})

test('D11 a second server on the same data directory is refused, until the first is gone, even by SIGKILL', async (t) => {
  const dataDir = createDirectory(t)
  const holder = spawn(process.execPath, ['--no-warnings', STORE_HOLDER, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => endProcess(holder))
  const [runId] = await once(holder.stdout, 'data')
  await assert.rejects(open(null, dataDir), {
    name: 'StartError',
    message: /^Another server is using the data directory/,
  })
  await endProcess(holder)
  const keyring = TEST_KEYRING
  // Its key is its own; so is ours, and the database says so: but the lock is free.
  await assert.rejects(
    createStore({ databaseUrl: null, dataDir, keyring, serverId: 'srv_x' }),
    /secret key does not fit/,
  )
  const own = createKeyring(loadSecretKey(dataDir, true))
  const store = await createStore({ databaseUrl: null, dataDir, keyring: own, serverId: 'srv_x' })
  t.after(() => store.close())
  assert.deepEqual(await store.runs.recoverLost(50_000), [String(runId).trim()])
})

test('D11 a second server within this process is refused too', async (t) => {
  const dataDir = createDirectory(t)
  const store = await open(null, dataDir)
  await assert.rejects(open(null, dataDir), { name: 'StartError' })
  await store.close()
  await (await open(null, dataDir)).close()
})

test('D12 a PostgreSQL server that does not flush is refused', async (t) => {
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    const server = createPostgres([`${setting}=off`])
    t.after(() => server.stop())
    const error = { name: 'StartError', message: new RegExp(`^PostgreSQL runs with ${setting} = off`) }
    await assert.rejects(open(await server.createDatabase(), createDirectory(t)), error)
  }
})

test('D06 without its PostgreSQL server the store says unavailable, and does not fall', async (t) => {
  const server = createPostgres()
  t.after(() => server.stop())
  const options = { databaseUrl: await server.createDatabase(), dataDir: createDirectory(t) }
  const store = await openStore(t, options)
  const { id } = await addWorkflow(store)
  await server.stop()
  await assert.rejects(addRun(store, id), { name: 'UserError', code: 'unavailable' })
  await assert.rejects(store.workflows.get(id), { name: 'UserError', code: 'unavailable' })
  await assert.rejects(store.servers.ping(), { name: 'UserError', code: 'unavailable' })
})

test('D06 a PostgreSQL server that ends in the middle of a transaction fails that write alone; connections are as many as asked for', async (t) => {
  const server = createPostgres()
  t.after(() => server.stop())
  const options = { databaseUrl: await server.createDatabase(), dataDir: createDirectory(t), connections: 3 }
  const database = await openDatabase(options)
  t.after(() => database.close())
  assert.equal(database.connections()?.limit, 3)
  const write = database.write(async (db) => {
    await sql`select 1`.execute(db)
    await server.stop()
    // The connection ends while it is lent and no query waits for it.
    await new Promise((resolve) => setTimeout(resolve, 100))
    await sql`select 1`.execute(db)
  })
  await assert.rejects(write, { name: 'UserError', code: 'unavailable' })
})

test('a PostgreSQL server that cannot be reached is one sentence, without the password', async (t) => {
  const error = await open('postgres://user:hunter22@127.0.0.1:1/db', createDirectory(t)).then(
    () => null,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Error)
  assert.equal(error.name, 'StartError')
  assert.match(error.message, /^The PostgreSQL server of DATABASE_URL cannot be used \(.*ECONNREFUSED/)
  assert.doesNotMatch(error.message, /hunter22|\n/)
})

test('the data directory is made for this user alone, and so are the files in it', async (t) => {
  const dataDir = join(createDirectory(t), 'deep', 'data')
  const store = await openStore(t, { databaseUrl: null, dataDir })
  await addWorkflow(store)
  assert.equal(statSync(dataDir).mode & 0o777, 0o700)
  for (const name of ['workflows.db', 'workflows.db-wal', 'workflows.db-shm', 'workflows.lock']) {
    assert.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600, name)
  }
})

test('a data directory that cannot be used is one sentence', async (t) => {
  const file = join(createDirectory(t), 'file')
  writeFileSync(file, '')
  for (const dataDir of [file, join(file, 'data'), '/sys/none', '/proc/none', '/proc/none/data']) {
    await assert.rejects(open(null, dataDir), {
      name: 'StartError',
      message: /^The data directory .* cannot be used \(.*writable/,
    })
  }
})

test('an empty database beside a key that was there before is worth a warning', (t) => {
  const dataDir = createDirectory(t)
  assert.equal(emptyDatabaseNote(dataDir, true), null)
  loadSecretKey(dataDir, true)
  assert.match(
    emptyDatabaseNote(dataDir, true) ?? '',
    /the database is empty, but \S+secret\.key is there.*restore a backup/,
  )
  assert.equal(emptyDatabaseNote(dataDir, false), null)
})

test('a file that is no database is refused, and not written to', async (t) => {
  const dataDir = createDirectory(t)
  const file = join(dataDir, 'workflows.db')
  writeFileSync(file, 'this is a letter, not a database. '.repeat(100))
  await assert.rejects(open(null, dataDir), {
    name: 'StartError',
    message: /^The database \S+workflows\.db is damaged \(file is not a database\).*npm run restore -- FILE --replace/,
  })
  assert.equal(statSync(file).size, 3400)
  assert.equal(existsSync(`${file}-wal`), false)
})

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
