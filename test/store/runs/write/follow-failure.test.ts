import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DatabaseOptions } from '../../../../src/store/database/database.ts'
import { openDatabase } from '../../../../src/store/database/engines/open.ts'
import type { Store } from '../../../../src/store/store.ts'
import { forEachDatabase, openStore } from '../../../helpers/databases.ts'
import {
  addRun,
  addVersion,
  addWorkflow,
  FIRST_PAGE,
  finish,
  newRun,
  outcome,
  PERSON,
} from '../../../helpers/store-data.ts'

const REQUEST = { method: 'POST', url: '/', query: '', headers: [], body: Buffer.alloc(10_000, 'x') } as const
const RETRIES = { count: 2, backoff_seconds: 1 }
const FAILED = outcome({ status: 'failed', code: 'exception', message: 'no profile 17' })
const SCHEDULE = { every_seconds: 60, overlap: 'skip', missed: 'last' } as const
const LATER = 1_000_000

/** A background run, claimed by a server. */
async function addClaimed(store: Store, workflowId: string, given = {}) {
  const run = await addRun(store, workflowId, { startedAt: null, request: REQUEST, ...given })
  assert.equal((await store.runs.claim(1, LATER, []))[0]?.id, run.id)
  return run
}

const deadOf = async (store: Store) => (await store.runs.listDeadGroups({}, FIRST_PAGE)).data

/** As if the other servers had been killed. */
async function expireLeases(options: DatabaseOptions): Promise<void> {
  const database = await openDatabase(options)
  await database.write((db) => db.updateTable('servers').set({ lease_until: 0 }).execute())
  await database.close()
}

forEachDatabase(({ engine, createDatabase }) => {
  test('a failed background run is retried when it is due, and is a dead letter after the last attempt', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store, { retries: RETRIES })
    const first = await addClaimed(store, id)
    await finish(store, first, FAILED)
    for (const attempt of [2, 3]) {
      const waiting = await store.runs.getAnswer(first.id)
      assert.deepEqual([waiting?.status, waiting?.attempt, waiting?.retryOf], ['queued', attempt, first.id])
      const at = waiting?.notBefore ?? 0
      assert.ok(at >= 9000 + 500 * 2 ** (attempt - 2) && at <= 9000 + 1000 * 2 ** (attempt - 2), String(at))
      assert.deepEqual(await store.runs.claim(1, at - 1, []), [])
      const [taken] = await store.runs.claim(1, at, [])
      assert.deepEqual([taken?.id, taken?.request], [waiting?.id, REQUEST])
      assert.deepEqual(await deadOf(store), [])
      await finish(store, taken ?? first, FAILED)
    }
    assert.deepEqual(await store.runs.claim(1, LATER, []), [])
    const attempts = await store.runs.listAttempts(first.id)
    assert.deepEqual(
      attempts.map(({ attempt, status }) => [attempt, status]),
      [1, 2, 3].map((attempt) => [attempt, 'failed']),
    )
    assert.deepEqual(await store.runs.listAttempts(attempts[2]?.id ?? ''), attempts)
    const [group] = await deadOf(store)
    assert.deepEqual([group?.count, group?.lastRunId, group?.message], [1, attempts[2]?.id, 'no profile 17'])
  })

  test('a run with a waiting caller, a success and a cancelled run are neither retried nor dead letters', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store, { retries: RETRIES })
    await finish(store, await addRun(store, id), FAILED)
    await finish(store, await addClaimed(store, id), outcome())
    await finish(store, await addClaimed(store, id), outcome({ status: 'cancelled', code: 'cancelled' }))
    assert.deepEqual(await store.runs.claim(10, LATER, []), [])
    assert.deepEqual(await deadOf(store), [])
    assert.equal((await store.runs.list({}, FIRST_PAGE)).data.length, 3)
  })

  test('an archived workflow and a schedule that was disabled get no other attempt', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const hook = await addWorkflow(store, { retries: RETRIES })
    const archived = await addClaimed(store, hook.id)
    await store.workflows.update(hook.id, { archived: true }, 6000)
    await finish(store, archived, FAILED)
    assert.equal((await store.runs.listAttempts(archived.id)).length, 1)
    const pull = await addWorkflow(store, { kind: 'pull', schedule: SCHEDULE, retries: RETRIES })
    await addVersion(store, pull.id)
    const ticked = await addClaimed(store, pull.id, { trigger: 'schedule' })
    await finish(store, ticked, FAILED)
    assert.equal((await store.runs.getAnswer(ticked.id))?.status, 'queued')
    const [armed] = await store.schedules.due(LATER, 10)
    assert.equal(armed?.active, 1, 'a run that waits for its next attempt counts as under way for the schedule')
    await store.workflows.update(pull.id, { enabled: false }, 9500)
    assert.equal((await store.runs.getAnswer(ticked.id))?.status, 'cancelled')
  })

  test('a lost run is tried again where retries are on, and is dead where they are not', async (t) => {
    const options = await createDatabase(t)
    const dying = await openStore(t, options)
    const patient = await addWorkflow(dying, { retries: RETRIES })
    const plain = await addWorkflow(dying)
    const [retried, dead] = [await addClaimed(dying, patient.id), await addClaimed(dying, plain.id)]
    const awaited = await addRun(dying, patient.id)
    await dying.close()
    if (engine === 'postgres') await expireLeases(options)
    const store = await openStore(t, options)
    assert.deepEqual([...(await store.runs.recoverLost(9000))].sort(), [retried.id, dead.id, awaited.id].sort())
    assert.deepEqual(
      (await store.runs.listAttempts(retried.id)).map(({ status }) => status),
      ['lost', 'queued'],
    )
    assert.equal((await store.runs.listAttempts(awaited.id)).length, 1)
    assert.deepEqual(
      (await deadOf(store)).map(({ lastRunId, code }) => [lastRunId, code]),
      [[dead.id, 'lost']],
    )
  })

  test('dead letters are grouped by error, and each is replayed once, on the deployed version', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const old = await addVersion(store, id)
    const runs = []
    for (const message of ['no profile 17', 'no profile 18', "KeyError: 'email'"]) {
      const run = await addClaimed(store, id, { versionId: old.id })
      await finish(store, run, outcome({ status: 'failed', code: 'exception', message }))
      runs.push(run)
    }
    const fixed = await addVersion(store, id)
    const groups = await deadOf(store)
    assert.deepEqual(groups.map(({ count }) => count).sort(), [1, 2])
    const group = groups.find(({ count }) => count === 2)
    assert.ok(group !== undefined)
    const listed = (await store.runs.listDeadRuns(group.id, FIRST_PAGE)).data.map((run) => run.id)
    assert.deepEqual([...listed].sort(), [runs[0]?.id, runs[1]?.id].sort())
    const [first = ''] = await store.runs.oldestDeadRuns(group.id, 10)
    const replayed = await Promise.all(Array.from({ length: 5 }, () => store.runs.replayDeadRun(first, 10_000, PERSON)))
    const [again = '', ...more] = replayed.filter((found) => found !== null)
    assert.deepEqual(more, [])
    const run = await store.runs.get(again)
    assert.deepEqual(
      [run?.trigger, run?.replayOf, run?.versionId, run?.status, run?.request?.body.length],
      ['replay', first, fixed.id, 'queued', REQUEST.body.length],
    )
    assert.equal((await deadOf(store)).find((one) => one.id === group.id)?.count, 1)
    assert.equal(await store.runs.dismissDeadRuns(group.id, first), 0)
    assert.equal(await store.runs.dismissDeadRuns(group.id, null), 1)
    assert.equal((await deadOf(store)).length, 1)
  })

  test('dead letters are listed by page and forgotten after 30 days', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    for (const word of ['one', 'two', 'three']) {
      await finish(store, await addClaimed(store, id), outcome({ status: 'timed_out', code: 'timeout', message: word }))
    }
    const first = await store.runs.listDeadGroups({ workflowId: id }, { limit: 2, cursor: null })
    const second = await store.runs.listDeadGroups({ workflowId: id }, { limit: 2, cursor: first.nextCursor })
    const messages = [...first.data, ...second.data].map(({ message }) => message)
    assert.deepEqual([...messages].sort(), ['one', 'three', 'two'])
    assert.equal(second.nextCursor, null)
    assert.deepEqual((await store.runs.listDeadGroups({ workflowId: 'wf_other' }, FIRST_PAGE)).data, [])
    assert.equal(await store.runs.sweepDeadLetters(9000 + 29 * 86_400_000), 0)
    assert.equal(await store.runs.sweepDeadLetters(9000 + 30 * 86_400_000), 3)
  })

  test('a tick’s lost run follows the rule of ticks, not that of retries', async (t) => {
    const options = await createDatabase(t)
    let store = await openStore(t, options)
    const { id } = await addWorkflow(store, { kind: 'pull', schedule: SCHEDULE, retries: RETRIES })
    const version = await addVersion(store, id, true, 30_000)
    const run = newRun(id, { versionId: version.id, trigger: 'schedule', startedAt: null })
    const ticks = [{ dueAt: 30_000, outcome: 'ran', reason: null, run }] as const
    await store.schedules.applyTickPlan({ workflowId: id, expectedNextAt: 30_000, nextAt: 90_000, ticks })
    for (let server = 1; server <= 4; server += 1) {
      await store.runs.claim(10, LATER, [])
      await store.close()
      store = await openStore(t, options)
      await store.runs.recoverLost(50_000)
    }
    const { data } = await store.runs.list({}, FIRST_PAGE)
    assert.deepEqual(
      data.map(({ status, attempt }) => [status, attempt]),
      Array.from({ length: 3 }, () => ['lost', 1]),
    )
    assert.equal((await deadOf(store))[0]?.count, 1)
  })
})
