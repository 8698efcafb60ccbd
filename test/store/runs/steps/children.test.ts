/** Runs that other runs called: their start and their end as the result of the call. */

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Wait } from '../../../../src/domain/runs/steps.ts'
import type { NewRun } from '../../../../src/store/runs/rows/records.ts'
import type { Part } from '../../../../src/store/runs/rows/step-records.ts'
import type { Store } from '../../../../src/store/store.ts'
import { forEachDatabase, openStore } from '../../../helpers/databases.ts'
import { addRun, addWorkflow, finish, newRun, outcome } from '../../../helpers/store-data.ts'

const CALL = { kind: 'run', name: 'other', number: 1 } as const
const WAIT: Wait = { ...CALL, until: 9_000_000, attempts: 0, json: '{"workflow":"other"}' }
const DONE = { status: 'done', json: '{"body":"original"}', shown: '{"body":"***"}' } as const

const partOf = ({ id, workflowId }: NewRun, part = 1): Part => ({
  runId: id,
  workflowId,
  firstId: id,
  attempt: 1,
  part,
})

/** Ends a part that calls a run. */
async function callRun(store: Store, caller: NewRun, called: NewRun, part = 1): Promise<void> {
  const applied = await store.runs.suspend({
    part: partOf(caller, part),
    waits: [WAIT],
    questions: new Map(),
    proposals: new Map(),
    children: [{ call: CALL, run: called }],
    logs: [],
    at: 3000,
  })
  assert.ok(applied)
}

async function endRun(store: Store, { id }: NewRun): Promise<void> {
  const [run] = await store.runs.claim(1, 4000, [])
  assert.equal(run?.id, id)
  await finish(store, run, outcome())
}

forEachDatabase(({ createDatabase }) => {
  const begin = async (t: TestContext, fields: Partial<NewRun> = {}) => {
    const store = await openStore(t, await createDatabase(t))
    const [workflow, other] = [await addWorkflow(store), await addWorkflow(store)]
    const caller = await addRun(store, workflow.id, { durable: true, startedAt: 1000 })
    const called = newRun(other.id, { trigger: 'run', createdAt: 2000, startedAt: null, ...fields })
    await callRun(store, caller, called)
    return { store, caller, called }
  }
  const stepOf = async (store: Store, { id }: NewRun) => (await store.runs.listSteps(id))[0]

  test('a cancellation that comes while a part ends in a wait cancels the run and the runs that it calls', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const [workflow, other] = [await addWorkflow(store), await addWorkflow(store)]
    const caller = await addRun(store, workflow.id, { durable: true, startedAt: 1000 })
    const called = newRun(other.id, { trigger: 'run', createdAt: 2000, startedAt: null })
    assert.ok(await store.runs.requestCancel(caller.id, 2500))
    await callRun(store, caller, called)
    const runs = await Promise.all([caller, called].map(({ id }) => store.runs.get(id)))
    assert.deepEqual(
      runs.map((run) => run?.status),
      ['cancelled', 'cancelled'],
    )
  })

  test('the end of a called run is the result of the call, once', async (t) => {
    const { store, caller, called } = await begin(t)
    const run = await store.runs.get(called.id)
    assert.deepEqual([run?.status, run?.trigger, run?.parentRunId], ['queued', 'run', caller.id])
    const waits = (await store.runs.get(caller.id))?.durable?.waitingFor
    assert.deepEqual(
      waits?.map(({ kind, runId }) => [kind, runId]),
      [['run', called.id]],
    )
    assert.deepEqual(await store.runs.listEndedChildren(10), [])
    await endRun(store, called)
    const [child] = await store.runs.listEndedChildren(10)
    const { workflowId } = caller
    assert.deepEqual(child, { id: called.id, firstId: called.id, caller: { firstId: caller.id, workflowId } })
    const settle = () => store.runs.settleChild({ child: child ?? assert.fail(), result: DONE, now: 5000 })
    assert.deepEqual([await settle(), await settle()], [true, false])
    assert.deepEqual(await store.runs.listEndedChildren(10), [])
    assert.equal((await store.runs.get(caller.id))?.status, 'queued')
    const [stored] = await store.runs.loadSteps(partOf(caller))
    assert.deepEqual([stored?.status, stored?.json], ['done', DONE.json])
    const step = await stepOf(store, caller)
    assert.deepEqual([step?.shown, step?.runId, step?.finishedAt], [DONE.shown, called.id, 5000])
  })

  test('an attempt that another one follows does not end the call', async (t) => {
    const { store, caller, called } = await begin(t)
    await endRun(store, called)
    const [child] = await store.runs.listEndedChildren(10)
    assert.ok(child && (await store.runs.settleChild({ child, result: null, now: 5000 })))
    assert.deepEqual(await store.runs.listEndedChildren(10), [])
    assert.equal((await store.runs.get(caller.id))?.status, 'waiting')
  })

  test('a called run that was deleted before its end was stored fails the call', async (t) => {
    const { store, caller, called } = await begin(t)
    await endRun(store, called)
    assert.deepEqual(await store.upkeep.deleteRuns([called.id]), [called.id])
    const [stored] = await store.runs.loadSteps(partOf(caller))
    assert.deepEqual([stored?.status, stored?.json], ['failed', null])
    assert.equal((await store.runs.wakeDue(6000, 10)).length, 1)
    assert.equal((await store.runs.get(caller.id))?.status, 'queued')
  })

  test('a cancelled run cancels the queued run that it called, and its call is not a result', async (t) => {
    const { store, caller, called } = await begin(t)
    assert.ok(await store.together((tx) => tx.runs.requestCancel(caller.id, 5000)))
    assert.equal((await store.runs.get(called.id))?.status, 'cancelled')
    const [child] = await store.runs.listEndedChildren(10)
    assert.ok(child && (await store.runs.settleChild({ child, result: DONE, now: 5000 })))
    assert.equal((await stepOf(store, caller))?.status, 'failed')
    assert.equal((await store.runs.get(caller.id))?.status, 'cancelled')
  })

  test('the original answer of a called run stays until the calling run got the end', async (t) => {
    const { store, called } = await begin(t, { waits: true })
    await store.runs.claim(1, 4000, [])
    const original = { message: null, response: { status: 200, headers: [], body: 'original' } }
    const end = { isCatch: true, mayAlert: false, snapshot: new Map(), keepSettings: true, workflowName: 'Test' }
    const { id: runId, workflowId } = called
    await store.runs.finish({ ...end, runId, workflowId, outcome: outcome(), part: null, finishedAt: 9000, original })
    const later = 9000 + 3_600_000
    await store.sweep(later)
    assert.equal((await store.privacy.readAnswer(runId))?.response?.body, 'original')
    const [child] = await store.runs.listEndedChildren(10)
    assert.ok(child && (await store.runs.settleChild({ child, result: DONE, now: later })))
    await store.sweep(later)
    assert.equal(await store.privacy.readAnswer(runId), null)
  })

  test('the runs above a run are counted up to a limit', async (t) => {
    const { store, caller, called } = await begin(t)
    const counts = [caller, called].map(({ id }) => store.runs.countParents(id, 10))
    assert.deepEqual(await Promise.all(counts), [0, 1])
  })
})
