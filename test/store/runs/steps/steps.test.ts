import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { StepCall, Wait } from '../../../../src/domain/runs/steps.ts'
import { openDatabase } from '../../../../src/store/database/engines/open.ts'
import type { NewRun } from '../../../../src/store/runs/rows/records.ts'
import type { Part } from '../../../../src/store/runs/rows/step-records.ts'
import { holdWaiting } from '../../../../src/store/runs/steps/held.ts'
import type { Store } from '../../../../src/store/store.ts'
import { forEachDatabase, openStore } from '../../../helpers/databases.ts'
import { addRun, addWorkflow, finish, outcome, PERSON, patchOf, settingsOf } from '../../../helpers/store-data.ts'

const call = (name: string, given: Partial<StepCall> = {}): StepCall => ({
  kind: 'step',
  name,
  number: 1,
  status: 'done',
  json: '{"secret":"original"}',
  attempts: 1,
  startedAt: 1000,
  patch: { set: new Map(), deleted: [] },
  ...given,
})
const nap = (until: number): Wait => ({ kind: 'sleep', name: 'nap', number: 1, until, attempts: 0, json: 'null' })

const partOf = ({ id, workflowId }: NewRun, part = 1): Part => ({
  runId: id,
  workflowId,
  firstId: id,
  attempt: 1,
  part,
})

const commit = (store: Store, part: Part, given: StepCall) =>
  store.runs.commitStep({
    part,
    workflowName: 'Test',
    call: given,
    shown: '{"secret":"***"}',
    keepSettings: true,
    snapshot: new Map(),
    at: 2000,
  })

const suspend = (store: Store, part: Part, until: number) =>
  store.runs.suspend({
    questions: new Map(),
    proposals: new Map(),
    children: [],
    part,
    waits: [nap(until)],
    logs: [{ at: 1, stream: 'stdout', text: `part ${part.part}` }],
    at: 3000,
  })

forEachDatabase(({ createDatabase }) => {
  const begin = async (t: TestContext, given: Partial<NewRun> = {}) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const workflow = await addWorkflow(store)
    const run = await addRun(store, workflow.id, { durable: true, startedAt: 1000, ...given })
    return { options, store, workflow, run }
  }

  test('a step and its settings are stored together, once, and encrypted', async (t) => {
    const { options, store, workflow, run } = await begin(t)
    const patch = patchOf({ n: 1 })
    const first = await commit(store, partOf(run), call('a', { patch }))
    assert.deepEqual([first.applied, first.written.map(({ key }) => key)], [true, ['n']])
    await commit(store, partOf(run), call('a', { patch: patchOf({ n: 2 }) }))
    assert.deepEqual(await settingsOf(store, workflow.id), { n: 1 })
    const [stored] = await store.runs.loadSteps(partOf(run))
    assert.deepEqual([stored?.name, stored?.json, stored?.isLogged], ['a', '{"secret":"original"}', false])
    await store.close()
    const database = await openDatabase(options)
    const rows = await database.read((db) => db.selectFrom('run_steps').selectAll().execute())
    await database.close()
    assert.ok(!Buffer.from(rows[0]?.data ?? []).includes('original'))
  })

  test('ST23 steps, waits and ends of a part that another has replaced are refused', async (t) => {
    const { store, workflow, run } = await begin(t)
    assert.equal(await suspend(store, partOf(run), 5000), true)
    assert.deepEqual(await store.runs.wakeDue(6000, 10), [1000])
    const [again] = await store.runs.claim(1, 6000, [])
    assert.deepEqual([again?.id, again?.durable?.parts, again?.startedAt], [run.id, 2, 1000])
    assert.equal((await commit(store, partOf(run), call('late', { patch: patchOf({ n: 1 }) }))).applied, false)
    assert.equal(await suspend(store, partOf(run), 9000), false)
    const late = await finish(store, { ...run, part: partOf(run) }, outcome())
    assert.equal(late.applied, false)
    assert.deepEqual(await settingsOf(store, workflow.id), {})
    assert.deepEqual(
      (await store.runs.loadSteps(partOf(run, 2))).map(({ kind, status, isLogged }) => [kind, status, isLogged]),
      [['sleep', 'done', true]],
    )
    const { data } = await store.runs.listLogs(run.id, { limit: 10, cursor: null })
    assert.deepEqual(
      data.map(({ text }) => text),
      ['part 1'],
    )
  })

  test('steps of several runs at the same time are all stored, in the order in which they came', async (t) => {
    const { store, workflow, run } = await begin(t)
    const other = await addRun(store, workflow.id, { durable: true, startedAt: 1000 })
    const names = Array.from({ length: 20 }, (_, index) => `step ${index}`)
    const stored = await Promise.all(
      names.flatMap((name) => [run, other].map((one) => commit(store, partOf(one), call(name)))),
    )
    assert.deepEqual(new Set(stored.map(({ applied }) => applied)), new Set([true]))
    for (const one of [run, other]) {
      assert.deepEqual(
        (await store.runs.loadSteps(partOf(one))).map(({ name }) => name),
        names,
      )
      assert.equal((await store.runs.get(one.id))?.durable?.steps, names.length)
    }
  })

  test('ST23 a step of a replaced part is refused beside one of the current part', async (t) => {
    const { store, run } = await begin(t)
    await suspend(store, partOf(run), 5000)
    await store.runs.wakeDue(6000, 10)
    await store.runs.claim(1, 6000, [])
    const given = [partOf(run), partOf(run, 2), partOf(run)]
    const stored = await Promise.all(given.map((part, index) => commit(store, part, call(`step ${index}`))))
    assert.deepEqual(
      stored.map(({ applied }) => applied),
      [false, true, false],
    )
    assert.deepEqual(
      (await store.runs.loadSteps(partOf(run, 2))).map(({ name }) => name),
      ['nap', 'step 1'],
    )
    assert.equal((await store.runs.get(run.id))?.durable?.steps, 1)
  })

  test('a step that is stored already stays as it is, and one that ended an earlier attempt is replaced', async (t) => {
    const { store, run } = await begin(t)
    await commit(store, partOf(run), call('a', { json: '1' }))
    await commit(store, partOf(run), call('a', { json: '2' }))
    assert.deepEqual(
      (await store.runs.loadSteps(partOf(run))).map(({ json }) => json),
      ['1'],
    )
    await commit(store, partOf(run), call('b', { status: 'failed', json: '3' }))
    const failed = outcome({ status: 'failed', code: 'exception', endedBy: { kind: 'step', name: 'b', number: 1 } })
    await finish(store, { ...run, part: partOf(run) }, failed)
    const next = await addRun(store, run.workflowId, { durable: true, startedAt: 1000, retryOf: run.id, attempt: 2 })
    const part = { ...partOf(next), firstId: run.id, attempt: 2 }
    await commit(store, part, call('b', { json: '4' }))
    assert.deepEqual(
      (await store.runs.loadSteps(part)).map(({ name, status, json }) => [name, status, json]),
      [
        ['a', 'done', '1'],
        ['b', 'done', '4'],
      ],
    )
  })

  test('a run wakes when it is due, and not of a disabled workflow', async (t) => {
    const { store, workflow, run } = await begin(t)
    await suspend(store, partOf(run), 5000)
    assert.equal((await store.runs.get(run.id))?.status, 'waiting')
    assert.equal(await store.runs.nextWakeAt(), 5000)
    assert.deepEqual(await store.runs.countWaiting([workflow.id]), new Map([[workflow.id, 1]]))
    assert.deepEqual(await store.runs.countWaits(), new Map([['sleep', 1]]))
    assert.deepEqual(await store.runs.wakeDue(4999, 10), [])
    await store.workflows.update(workflow.id, { enabled: false }, 4000)
    assert.deepEqual([await store.runs.wakeDue(5000, 10), await store.runs.nextWakeAt()], [[], null])
    await store.workflows.update(workflow.id, { enabled: true }, 4500)
    assert.deepEqual(await store.runs.wakeDue(5000, 10), [0])
    assert.equal((await store.runs.get(run.id))?.status, 'queued')
  })

  test('ST26 a run that stores nothing in 10 parts is lost, and before that it is queued again', async (t) => {
    const { store, run } = await begin(t)
    for (let part = 1; part < 10; part += 1) {
      await store.runs.abandon(run.id, 2000 + part)
      assert.equal((await store.runs.get(run.id))?.status, 'queued', String(part))
      await store.runs.claim(1, 3000, [])
    }
    await store.runs.abandon(run.id, 4000)
    const lost = await store.runs.get(run.id)
    assert.deepEqual([lost?.status, /10 times/.test(lost?.message ?? '')], ['lost', true])
  })

  test('ST13 a run that is not durable is lost with its server', async (t) => {
    const { store, run } = await begin(t, { durable: false })
    await store.runs.abandon(run.id, 2000)
    assert.equal((await store.runs.get(run.id))?.status, 'lost')
  })

  test('a test that waits as other runs do goes on without its server, and is lost before its first wait', async (t) => {
    const { store, workflow, run } = await begin(t, { trigger: 'test' })
    const other = await addRun(store, workflow.id, { durable: true, startedAt: 1000, trigger: 'test' })
    await suspend(store, partOf(run), 5000)
    await store.runs.wakeDue(5000, 10)
    await store.runs.claim(1, 6000, [])
    for (const { id } of [run, other]) await store.runs.abandon(id, 7000)
    const [waited, began] = [await store.runs.get(run.id), await store.runs.get(other.id)]
    assert.deepEqual([waited?.status, waited?.durable?.parts, began?.status], ['queued', 2, 'lost'])
  })

  test('ST33 calls are listed in the order in which they began, also if they ended in another', async (t) => {
    const { store, run } = await begin(t)
    const part = partOf(run)
    await commit(store, part, call('quick', { startedAt: 1002 }))
    await commit(store, part, call('slow', { startedAt: 1001 }))
    await commit(store, part, call('last', { startedAt: 1002 }))
    const steps = await store.runs.listSteps(run.id)
    assert.deepEqual(
      steps.map(({ name }) => name),
      ['slow', 'quick', 'last'],
    )
  })

  test('a run that ended keeps only what its steps show', async (t) => {
    const { store, run } = await begin(t)
    await commit(store, partOf(run), call('a'))
    await finish(store, { ...run, part: partOf(run) }, outcome())
    assert.equal((await store.runs.loadSteps(partOf(run)))[0]?.json, null)
    assert.equal((await store.runs.listSteps(run.id))[0]?.shown, '{"secret":"***"}')
    await store.upkeep.deleteRuns([run.id])
    assert.deepEqual(await store.runs.listSteps(run.id), [])
  })

  test('ST29 a held run does not wake until it is released', async (t) => {
    const { options, store: before, run } = await begin(t)
    await suspend(before, partOf(run), 5000)
    await before.close()
    const database = await openDatabase(options)
    await database.write(holdWaiting)
    await database.close()
    const store = await openStore(t, options)
    assert.deepEqual(
      [await store.runs.wakeDue(9000, 10), await store.runs.wake({ runId: run.id, name: null, by: PERSON, now: 9000 })],
      [[], false],
    )
    assert.equal((await store.runs.get(run.id))?.durable?.waitingFor?.[0]?.held, true)
    assert.equal(await store.runs.releaseHeld(10), 1)
    assert.deepEqual(await store.runs.wakeDue(9000, 10), [4000])
  })

  test('a cancelled wait ends, and the waiting runs of a workflow are cancelled together', async (t) => {
    const { store, workflow, run } = await begin(t)
    const other = await addRun(store, workflow.id, { durable: true, startedAt: 1000 })
    for (const one of [run, other]) await suspend(store, partOf(one), 5000)
    assert.equal(await store.runs.requestCancel(run.id, 4000), true)
    assert.deepEqual(
      [await store.runs.cancelAllWaiting(workflow.id, 4000, 10), await store.runs.nextWakeAt()],
      [1, null],
    )
    const [step] = await store.runs.listSteps(run.id)
    assert.deepEqual([step?.status, (await store.runs.get(other.id))?.status], ['failed', 'cancelled'])
  })
})
