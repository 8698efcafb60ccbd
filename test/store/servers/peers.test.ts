import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Signal } from '../../../src/domain/runs/signal.ts'
import type { Store } from '../../../src/store/store.ts'
import { createDirectory, createPostgres, openPeers, openStore, sharedPostgres } from '../../helpers/databases.ts'
import { addRun, addWorkflow, finish, newRun, outcome } from '../../helpers/store-data.ts'
import { until } from '../../helpers/workflows.ts'

const server = sharedPostgres()
after(() => server.stop())

const openThree = async (t: Parameters<typeof openStore>[0]): Promise<readonly Store[]> =>
  await openPeers(t, { databaseUrl: await server.createTables(), dataDir: createDirectory(t) }, 3)

test('all servers together give a workflow as many places as it has', async (t) => {
  const stores = await openThree(t)
  const [first = assert.fail(), second = assert.fail(), third = assert.fail()] = stores
  const { id } = await addWorkflow(first, { maxConcurrency: 2 })
  const runs = Array.from({ length: 12 }, () => newRun(id))
  const stored = await Promise.all(runs.map((run, index) => (stores[index % 3] ?? first).runs.insert(run)))
  assert.equal(stored.filter(Boolean).length, 2)
  const started = runs.filter((_, index) => stored[index])
  const refused = runs.find((_, index) => !stored[index])
  assert.equal(await first.runs.get(refused?.id ?? ''), null)
  const [oneRun] = started
  assert.ok(oneRun)
  await finish(second, oneRun, outcome())
  assert.equal(await third.runs.insert(newRun(id)), true)
  assert.equal(await first.runs.insert(newRun(id)), false)
})

test('queued runs of a workflow without a free place wait, and hold up no other workflow', async (t) => {
  const stores = await openThree(t)
  const [first = assert.fail(), second = assert.fail(), third = assert.fail()] = stores
  const [serial, other] = [await addWorkflow(first, { maxConcurrency: 1 }), await addWorkflow(first)]
  for (const createdAt of [1, 2, 3]) await addRun(first, serial.id, { createdAt, startedAt: null })
  const later = await addRun(first, other.id, { createdAt: 9, startedAt: null })
  const claims = (await Promise.all(stores.map((store) => store.runs.claim(1, 8000, [])))).flat()
  assert.equal(claims.filter(({ workflowId }) => workflowId === serial.id).length, 1)
  const more = (await Promise.all(stores.map((store) => store.runs.claim(1, 8000, [])))).flat()
  const others = [...claims, ...more].filter(({ workflowId }) => workflowId === other.id).map(({ id }) => id)
  assert.deepEqual(others, [later.id])
  assert.deepEqual(await second.runs.claim(5, 8000, []), [])
  const [running] = claims.filter(({ workflowId }) => workflowId === serial.id)
  assert.ok(running)
  await finish(third, running, outcome())
  assert.equal((await second.runs.claim(5, 8000, [])).length, 1)
})

test('a signal of one server reaches all others, long and unusual texts too, and not itself', async (t) => {
  const stores = await openThree(t)
  // It knows of the others from its start. They may not listen yet, and a line that opens says so.
  const last = stores[2] ?? assert.fail()
  const heard: Signal[][] = stores.map(() => [])
  const greeted = new Set<number>()
  for (const [index, store] of stores.entries())
    store.servers.onSignal((signal) => {
      if (signal.kind === 'cancel' && signal.runId === 'run_hello') greeted.add(index)
      else if (signal.kind !== 'queued') heard[index]?.push(signal)
    })
  await until(async () => {
    last.servers.publish({ kind: 'cancel', runId: 'run_hello' })
    return greeted.size >= 2
  })
  const text = `${'x'.repeat(900)}\n'"\u0000é`
  const lines = [{ at: 1, stream: 'stdout', text }] as const
  const signals: Signal[] = [
    ...Array.from({ length: 50 }, (_, from): Signal => ({ kind: 'lines', runId: 'run_1', from, lines })),
    { kind: 'cancel', runId: 'run_2' },
  ]
  for (const signal of signals) last.servers.publish(signal)
  await until(async () => heard[0]?.length === signals.length && heard[1]?.length === signals.length)
  assert.deepEqual(heard, [signals, signals, []])
  assert.deepEqual([...greeted].sort(), [0, 1])
})

test('a line that breaks is taken up again, and says that something may have been missed', async (t) => {
  const own = createPostgres()
  t.after(() => own.stop())
  const options = { databaseUrl: await own.createDatabase(), dataDir: createDirectory(t) }
  // The second knows of the first from its start; the first hears of the second, but not while its own line is broken.
  const [two, one] = [await openStore(t, options), await openStore(t, options)]
  const heard: Signal[] = []
  two.servers.onSignal((signal) => heard.push(signal))
  await own.down()
  await own.up()
  await until(async () => heard.some(({ kind }) => kind === 'queued'))
  await until(async () => {
    one.servers.publish({ kind: 'cancel', runId: 'run_1' })
    return heard.some(({ kind }) => kind === 'cancel')
  })
})

test('a server whose clock is a month ahead knows the clock of the database, by which retention and schedules go', async (t) => {
  const options = { databaseUrl: await server.createTables(), dataDir: createDirectory(t) }
  const MONTH_MS = 31 * 24 * 3600_000
  const right = await openStore(t, options)
  assert.equal(right.servers.clockOffset(), 0)
  const clock = () => Date.now() + MONTH_MS
  const ahead = await openStore(t, options, clock)
  const now = () => clock() + ahead.servers.clockOffset()
  assert.ok(Math.abs(now() - Date.now()) < 3600_000, `${ahead.servers.clockOffset()}`)
  await ahead.servers.heartbeat()
  assert.ok(Math.abs(now() - Date.now()) < 3600_000, `${ahead.servers.clockOffset()}`)
})

test('on SQLite there is one clock', async (t) => {
  const store = await openStore(t, { databaseUrl: null, dataDir: createDirectory(t) }, () => Date.now() + 1e9)
  assert.equal(store.servers.clockOffset(), 0)
})
