import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createStore } from '../../../src/store/create-store.ts'
import { createDirectory, openSql, openStore, sharedPostgres, TEST_KEYRING } from '../../helpers/databases.ts'
import { addWorkflow } from '../../helpers/store-data.ts'

const server = sharedPostgres()
after(() => server.stop())

test('of the servers on one database the oldest leads, until its lease ends', async (t) => {
  const options = { databaseUrl: await server.createTables(), dataDir: createDirectory(t) }
  const [first, second] = [await openStore(t, options), await openStore(t, options)]
  assert.deepEqual([await first.servers.leads(), await second.servers.leads()], [true, false])
  await first.close()
  assert.equal(await second.servers.leads(), true)
})

test('a lease is renewed while all connections for runs and lists wait for a lock, as during an upgrade', async (t) => {
  const options = { databaseUrl: await server.createTables(), dataDir: createDirectory(t), connections: 2 }
  const store = await openStore(t, options)
  await addWorkflow(store)
  const sql = await openSql(t, options)
  await sql('begin; lock table workflows in access exclusive mode')
  let ended = 0
  const count = (): void => {
    ended += 1
  }
  const lists = Array.from({ length: 5 }, () => store.workflows.list({}, { limit: 1, cursor: null }).then(count, count))
  await store.servers.heartbeat()
  assert.equal(ended, 0)
  await sql('rollback')
  await Promise.all(lists)
})

const DAY_MS = 24 * 3600_000

test('a server whose clock is too far from that of the database refuses to start, and leaves no lease behind', async (t) => {
  const options = { databaseUrl: await server.createTables(), dataDir: createDirectory(t) }
  const right = await openStore(t, options)
  const open = (offsetMs: number) =>
    createStore({
      ...options,
      keyring: TEST_KEYRING,
      serverId: `srv_off_${offsetMs}`,
      clock: () => Date.now() + offsetMs,
      maxClockMs: 30_000,
    })
  const message =
    /^The clock of this server is 31 days ahead of the database's, and at most 30 s are allowed \(WORKFLOWS_CLOCK_SECONDS\)/
  await assert.rejects(open(31 * DAY_MS + 60_000), { name: 'StartError', message })
  await assert.rejects(open(-90_000), { name: 'StartError', message: /is \d\d s behind the database's/ })
  assert.equal((await right.servers.list()).length, 1)
  // Within the bound.
  const near = await open(20_000)
  t.after(() => near.close())
  assert.equal(near.servers.clockProblem(), null)
})

test('a clock that is set wrong while the server runs decides nothing, and is a problem until it is right again', async (t) => {
  const options = { databaseUrl: await server.createTables(), dataDir: createDirectory(t) }
  let wrongMs = 0
  const clock = () => Date.now() + wrongMs
  const ours = { keyring: TEST_KEYRING, serverId: 'srv_steps', clock, maxClockMs: 30_000 }
  const store = await createStore({ ...options, ...ours })
  t.after(() => store.close())
  const isNear = () => Math.abs(store.servers.sharedNow() - Date.now()) < 3600_000
  for (const days of [31, -31]) {
    wrongMs = days * DAY_MS
    assert.ok(isNear(), 'before it has asked the database')
    await store.servers.heartbeat()
    assert.ok(isNear(), 'and after')
    assert.match(store.servers.clockProblem() ?? '', days > 0 ? /3[01] days ahead of/ : /3[01] days behind/)
    wrongMs = 0
    await store.servers.heartbeat()
    assert.equal(store.servers.clockProblem(), null)
    assert.ok(isNear())
  }
})
