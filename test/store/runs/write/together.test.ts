import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import pg from 'pg'
import type { Outcome } from '../../../../src/domain/runs/run.ts'
import type { NewRun } from '../../../../src/store/runs/rows/records.ts'
import { createDirectory, openPeers, openStore, sharedPostgres } from '../../../helpers/databases.ts'
import {
  addWorkflow,
  FIRST_PAGE,
  finish,
  newRun,
  outcome,
  putSetting,
  settingsOf,
} from '../../../helpers/store-data.ts'

const REQUEST: NonNullable<NewRun['request']> = {
  method: 'POST',
  url: '/hooks/x?a=ü',
  query: 'a=ü',
  headers: [['x-ü', '"{},\\']],
  body: Buffer.from([0, 1, 255, 34, 92]),
}
/** Everything that a run which travels with others may have. */
const RUNS: readonly Partial<NewRun>[] = [
  {},
  { request: REQUEST, versionId: 'ver_1', trace: { traceId: 'a'.repeat(32), parentId: 'b'.repeat(16) } },
  { request: { ...REQUEST, body: Buffer.alloc(9000, 'x'), redacted: true }, keepSettings: false },
  { source: 'def workflow(): "ü"', trigger: 'test' },
  { startedAt: null, notBefore: 7000, isAttended: true },
  { trigger: 'replay', attempt: 3, retryOf: 'run_first' },
  { trigger: 'trial' },
]
const ENDS: readonly Partial<Outcome>[] = [
  {},
  {
    label: 'a\u0000"b',
    result: '{"a":1}',
    logs: [{ at: 1, stream: 'stdout', text: 'ü\u0000' }],
    peakMemoryBytes: 5_000_000_000,
  },
  { result: JSON.stringify('y'.repeat(9000)), warnings: [{ code: 'x', message: '"{}\\' }] },
  { response: { status: 201, headers: [['a', 'b']], body: 'ü' } },
  {},
  { status: 'cancelled', code: 'cancelled', message: 'stopped' },
  { status: 'failed', code: 'exception', message: 'no' },
]
const TABLES = { runs: 'id', run_requests: 'run_id', run_results: 'run_id' } as const

test('runs that travel together are stored as on the engine where each is written by itself', async (t) => {
  const server = sharedPostgres()
  const databaseUrl = await server.createTables()
  const sqlite = { databaseUrl: null, dataDir: createDirectory(t) }
  const stores = [
    await openStore(t, sqlite, () => 1),
    await openStore(t, { databaseUrl, dataDir: createDirectory(t) }, () => 1),
  ]
  const runs = RUNS.map((given) =>
    newRun('wf_0000000000000000000000000001', { trace: { traceId: 'c'.repeat(32), parentId: null }, ...given }),
  )
  for (const store of stores) {
    await addWorkflow(store, { id: 'wf_0000000000000000000000000001' })
    assert.deepEqual(
      await Promise.all(runs.map((run) => store.runs.insert(run))),
      runs.map(() => true),
    )
    const ended = await Promise.all(
      runs.map((run, index) => finish(store, run, outcome(ENDS[index])).then(({ applied }) => applied)),
    )
    assert.deepEqual(
      ended,
      runs.map(({ startedAt }) => startedAt !== null),
    )
  }
  const file = new DatabaseSync(join(sqlite.dataDir, 'workflows.db'))
  t.after(() => file.close())
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  t.after(() => client.end())
  t.after(() => server.stop())
  for (const [table, key] of Object.entries(TABLES)) {
    const statement = `select * from ${table} order by ${key}`
    const expected = file.prepare(statement).all().map(comparable)
    assert.deepEqual((await client.query(statement)).rows.map(comparable), expected, table)
    assert.ok(expected.length > 2)
  }
})

/** Bytes as digits, 64-bit numbers as numbers, each server by its kind. */
function comparable(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const plain = (name: string, value: unknown) => {
    if (name === 'server_id' && value !== null) return 'srv'
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
    return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  }
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(name, value)]))
}

test('on PostgreSQL', async (t) => {
  const server = sharedPostgres()
  t.after(() => server.stop())
  const databaseUrl = await server.createTables()
  const open = () => openStore(t, { databaseUrl, dataDir: createDirectory(t) })

  await t.test('a run that cannot be stored takes none of those beside it along', async () => {
    const store = await open()
    const { id } = await addWorkflow(store)
    const runs = Array.from({ length: 20 }, (_, index) => newRun(index === 7 ? 'wf_unknown' : id))
    const stored = await Promise.allSettled(runs.map((run) => store.runs.insert(run)))
    assert.deepEqual(
      stored.map(({ status }) => status),
      runs.map(({ workflowId }) => (workflowId === id ? 'fulfilled' : 'rejected')),
    )
    assert.equal((await store.runs.list({ workflowId: id }, FIRST_PAGE)).data.length, 19)
    const ends = await Promise.all(runs.map((run) => finish(store, run, outcome())))
    assert.equal(ends.filter(({ applied }) => applied).length, 19)
    assert.equal((await finish(store, runs[0] ?? assert.fail(), outcome())).applied, false)
    await store.close()
  })

  await t.test('what one server commits, the next call of another sees: settings, workflow, deletion', async () => {
    const [one, other] = [await open(), await open()]
    const workflow = await addWorkflow(one, { hookKey: 'k'.repeat(32) })
    const { id } = workflow
    for (let value = 1; value <= 20; value += 1) {
      await putSetting(other, id, 'n', value)
      assert.deepEqual(await settingsOf(one, id), { n: value })
      assert.deepEqual(await settingsOf(one, id), { n: value })
      await other.workflows.update(id, { name: `name ${value}` }, 3000)
      const found = await Promise.all([one.workflows.get(id), one.workflows.getByHookKey('k'.repeat(32))])
      assert.deepEqual(
        found.map((row) => row?.name),
        [`name ${value}`, `name ${value}`],
      )
    }
    // A run that starts asks for no marks of its own: those that came with its row count.
    for (let value = 21; value <= 25; value += 1) {
      await putSetting(other, id, 'n', value)
      const run = newRun(id)
      await one.runs.insert(run)
      assert.equal((await one.settings.getSnapshot(id, run)).get('n')?.value, String(value))
      assert.equal((await one.settings.getSnapshot(id, run)).get('n')?.value, String(value))
      await finish(one, run, outcome())
    }
    await other.workflows.update(id, { hookKey: 'm'.repeat(32) }, 3000)
    assert.equal(await one.workflows.getByHookKey('k'.repeat(32)), null)
    assert.equal((await one.workflows.getByHookKey('m'.repeat(32)))?.id, id)
    await Promise.all([one.close(), other.close()])
  })

  await t.test('two servers together give the runs of a group no more slots than there are', async () => {
    const stores = await openPeers(t, { databaseUrl, dataDir: createDirectory(t) }, 2)
    const [one = assert.fail(), other = assert.fail()] = stores
    const { id } = await addWorkflow(one, { maxConcurrency: 5 })
    const runs = Array.from({ length: 40 }, () => newRun(id))
    const stored = await Promise.all(runs.map((run, index) => (index % 2 === 0 ? one : other).runs.insert(run)))
    assert.equal(stored.filter(Boolean).length, 5)
    assert.equal((await one.runs.list({ workflowId: id, status: 'running' }, FIRST_PAGE)).data.length, 5)
    await Promise.all([one.close(), other.close()])
  })
})
