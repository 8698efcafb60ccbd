import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Wait } from '../../../../src/domain/runs/steps.ts'
import { openDatabase } from '../../../../src/store/database/engines/open.ts'
import type { NewRun } from '../../../../src/store/runs/rows/records.ts'
import type { Part } from '../../../../src/store/runs/rows/step-records.ts'
import { holdWaiting } from '../../../../src/store/runs/steps/held.ts'
import type { Store } from '../../../../src/store/store.ts'
import { forEachDatabase, openStore } from '../../../helpers/databases.ts'
import { addRun, addVersion, addWorkflow } from '../../../helpers/store-data.ts'

const waitsFor = (names: readonly string[], until: number): readonly Wait[] =>
  names.map((name) => ({ kind: 'event', name, number: 1, until, attempts: 0, json: JSON.stringify(names) }))

const partOf = ({ id, workflowId }: NewRun, part = 1): Part => ({
  runId: id,
  workflowId,
  firstId: id,
  attempt: 1,
  part,
})

const suspend = (store: Store, run: NewRun, waits: readonly Wait[], part = 1) =>
  store.runs.suspend({
    part: partOf(run, part),
    waits,
    questions: new Map(),
    proposals: new Map(),
    children: [],
    logs: [],
    at: 3000,
  })
const receive = (store: Store, { id: firstId }: NewRun, name: string, now: number, json = '{"n":1}') =>
  store.runs.receiveEvent({ firstId, name, json, shown: '1', by: null, now })
const statesOf = async (store: Store, run: NewRun, part = 2) =>
  (await store.runs.loadSteps(partOf(run, part))).map(({ name, status, json }) => [name, status, json])

forEachDatabase(({ createDatabase }) => {
  const begin = async (t: TestContext) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const workflow = await addWorkflow(store)
    const run = await addRun(store, workflow.id, { durable: true, startedAt: 1000 })
    return { options, store, workflow, run }
  }

  test('ST60 an event before the wait is kept, is no stored call, and ends the wait when it begins', async (t) => {
    const { store, run } = await begin(t)
    assert.equal(await receive(store, run, 'b', 2000), 'received')
    assert.equal(await receive(store, run, 'b', 2001, '{"n":2}'), 'already_received')
    assert.equal(await receive(store, run, 'a', 2002), 'received')
    assert.deepEqual([await statesOf(store, run), await store.runs.listSteps(run.id)], [[], []])
    assert.equal(await suspend(store, run, waitsFor(['a', 'b', 'c'], 9000)), true)
    assert.deepEqual(await store.runs.wakeDue(3000, 10), [0])
    assert.deepEqual(await statesOf(store, run), [
      ['a', 'timed_out', 'null'],
      ['b', 'done', '{"n":1}'],
      ['c', 'timed_out', 'null'],
    ])
    for (const name of ['a', 'c']) assert.equal(await receive(store, run, name, 4000), 'over')
  })

  test('ST65 an event at the deadline either counts or is refused', async (t) => {
    const { store, run } = await begin(t)
    await suspend(store, run, waitsFor(['a'], 5000))
    assert.equal(await receive(store, run, 'a', 5000), 'over')
    assert.equal((await store.runs.get(run.id))?.status, 'waiting')
    assert.deepEqual(await store.runs.wakeDue(5000, 10), [0])
    assert.deepEqual((await statesOf(store, run))[0]?.slice(0, 2), ['a', 'timed_out'])
  })

  test('ST64 concurrent events are received once, and the run continues once', async (t) => {
    const { store, run } = await begin(t)
    await suspend(store, run, waitsFor(['a', 'b'], 5000))
    const found = await Promise.all([...Array(10).keys()].map((n) => receive(store, run, n % 2 ? 'b' : 'a', 4000)))
    assert.equal(found.filter((one) => one === 'received').length, 1)
    assert.deepEqual([await store.runs.wakeDue(9000, 10), (await store.runs.get(run.id))?.status], [[], 'queued'])
  })

  test('an event of a concurrent wait comes while another part runs, and ends that wait', async (t) => {
    const { store, run } = await begin(t)
    const nap: Wait = { kind: 'sleep', name: 'nap', number: 1, until: 4000, attempts: 0, json: 'null' }
    await suspend(store, run, [nap, ...waitsFor(['a'], 9000)])
    assert.deepEqual(await store.runs.wakeDue(4000, 10), [0])
    await store.runs.claim(1, 4000, [])
    assert.equal(await receive(store, run, 'a', 4500), 'received')
    await suspend(store, run, waitsFor(['a'], 9000), 2)
    assert.equal((await store.runs.wakeDue(4500, 10)).length, 1)
    assert.deepEqual(
      (await statesOf(store, run, 3)).map(([name, status]) => [name, status]),
      [
        ['nap', 'done'],
        ['a', 'done'],
      ],
    )
  })

  test('ST29 a held run keeps an event, and continues when it is released', async (t) => {
    const { options, store: before, run } = await begin(t)
    await suspend(before, run, waitsFor(['a'], 50_000))
    await before.close()
    const database = await openDatabase(options)
    await database.write(holdWaiting)
    await database.close()
    const store = await openStore(t, options)
    assert.equal(await receive(store, run, 'a', 4000), 'received')
    assert.deepEqual([await store.runs.wakeDue(60_000, 10), (await store.runs.get(run.id))?.status], [[], 'waiting'])
    assert.equal(await store.runs.releaseHeld(10), 1)
    assert.deepEqual(await store.runs.wakeDue(4000, 10), [0])
  })

  test('an unknown run, one that is not durable, and too many events are refused', async (t) => {
    const { store, workflow, run } = await begin(t)
    const plain = await addRun(store, workflow.id, { startedAt: 1000 })
    assert.equal(await receive(store, plain, 'a', 2000), 'unknown')
    assert.equal(await receive(store, { ...run, id: 'run_0' }, 'a', 2000), 'unknown')
    const large = JSON.stringify('x'.repeat(9 * 1024 * 1024))
    assert.equal(await receive(store, run, 'a', 2000, large), 'received')
    assert.equal(await receive(store, run, 'b', 2000, large), 'too_many')
  })

  test('ST91 an environment that a waiting run needs counts as used', async (t) => {
    const { store, workflow } = await begin(t)
    const id = 'env_0123456789abcdef'
    await store.workflows.putEnvironment({
      id,
      runtime: 'python3',
      lock: '',
      withSources: false,
      createdAt: 1,
      lastUsedAt: 1,
    })
    const version = await addVersion(store, workflow.id)
    await store.workflows.setVersionPackages(version.id, {
      environmentId: id,
      packages: [],
      declaration: 'x',
      requiresPython: null,
      runtime: 'python3',
      notes: [],
    })
    await addVersion(store, workflow.id)
    assert.deepEqual(await store.workflows.listEnvironmentUses([id], true), [])
    const run = await addRun(store, workflow.id, { durable: true, startedAt: 1000, versionId: version.id })
    await suspend(store, run, waitsFor(['a'], 50_000))
    const [use] = await store.workflows.listEnvironmentUses([id], true)
    assert.deepEqual([use?.version, use?.deployed], [version.number, false])
  })
})
