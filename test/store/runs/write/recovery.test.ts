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
  patchOf,
  settingsOf,
} from '../../../helpers/store-data.ts'

const SCHEDULE = { every_seconds: 60, overlap: 'skip', missed: 'last' } as const

/** As if all servers but the newest had been killed: their leases expire without clean-up. */
async function expireLeases(options: DatabaseOptions): Promise<void> {
  const database = await openDatabase(options)
  await database.write((db) => db.updateTable('servers').set({ lease_until: 0 }).execute())
  await database.close()
}

/** A pull workflow whose tick at 30,000 has a run that is waiting. */
async function addTick(store: Store): Promise<{ id: string; runId: string }> {
  const { id } = await addWorkflow(store, { kind: 'pull', schedule: SCHEDULE })
  const version = await addVersion(store, id, true, 30_000)
  const run = newRun(id, { versionId: version.id, trigger: 'schedule', startedAt: null })
  const ticks = [{ dueAt: 30_000, outcome: 'ran', reason: null, run }] as const
  assert.equal(
    await store.schedules.applyTickPlan({ workflowId: id, expectedNextAt: 30_000, nextAt: 90_000, ticks }),
    true,
  )
  return { id, runId: run.id }
}

/** The server that claimed runs dies, another starts and recovers. */
async function dieAndRecover(
  t: Parameters<typeof openStore>[0],
  options: DatabaseOptions,
  dying: Store,
): Promise<{ store: Store; lost: readonly string[] }> {
  await dying.runs.claim(100, 50_000, [])
  await dying.close()
  const store = await openStore(t, options)
  return { store, lost: await store.runs.recoverLost(50_000) }
}

forEachDatabase(({ engine, createDatabase }) => {
  test('a run whose server died is lost, keeps its request, and takes no late result', async (t) => {
    const options = await createDatabase(t)
    const dead = await openStore(t, options)
    const { id } = await addWorkflow(dead)
    const request = { method: 'POST', url: '/', query: '', headers: [], body: Buffer.from('x') }
    const running = await addRun(dead, id, { request })
    const queued = await addRun(dead, id, { startedAt: null })
    const ended = await addRun(dead, id)
    await finish(dead, ended, outcome())
    await dead.close()
    const store = await openStore(t, options)
    const own = await addRun(store, id)
    assert.deepEqual(await store.runs.recoverLost(50_000), [running.id])
    const lost = await store.runs.get(running.id)
    assert.deepEqual([lost?.status, lost?.code, lost?.finishedAt, lost?.request], ['lost', 'lost', 50_000, request])
    for (const [run, status] of [
      [queued, 'queued'],
      [ended, 'succeeded'],
      [own, 'running'],
    ] as const) {
      assert.equal((await store.runs.get(run.id))?.status, status)
    }
    assert.equal((await finish(store, running, outcome({ patch: patchOf({ n: 1 }) }))).applied, false)
    assert.deepEqual(await settingsOf(store, id), {})
    assert.deepEqual(await store.runs.recoverLost(60_000), [])
  })

  test('the lost run of a tick is started again, at most three times in all, and the tick names the new one', async (t) => {
    const options = await createDatabase(t)
    let store = await openStore(t, options)
    const { id, runId } = await addTick(store)
    const second = await addVersion(store, id, true, 35_000)
    const runs = [runId]
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const recovered = await dieAndRecover(t, options, store)
      store = recovered.store
      assert.deepEqual(recovered.lost, [runs.at(-1)])
      const [tick] = (await store.schedules.listTicks(id, FIRST_PAGE)).data
      assert.deepEqual([tick?.dueAt, tick?.outcome], [30_000, 'ran'])
      if (attempt < 3) assert.notEqual(tick?.runId, runs.at(-1))
      runs.push(tick?.runId ?? '')
    }
    assert.equal(runs[3], runs[2])
    assert.equal((await store.runs.list({ workflowId: id }, FIRST_PAGE)).data.length, 3)
    const again = await store.runs.get(runs[1] ?? '')
    assert.deepEqual([again?.trigger, again?.versionId], ['schedule', second.id])
  })

  test('a run that this server carries is not lost, however long it takes', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const hook = await addRun(store, id)
    const queued = await addRun(store, id, { startedAt: null })
    await store.runs.claim(1, 5000, [])
    assert.deepEqual(await store.runs.recoverLost(10_000_000), [])
    for (const run of [hook, queued]) assert.equal((await finish(store, run, outcome())).applied, true)
  })

  test('a claimed run that did not begin goes back to the queue, also one with a caller or of a durable version', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    for (const given of [{}, { isAttended: true }, { durable: true }]) {
      const run = await addRun(store, id, { ...given, startedAt: null })
      const claim = async () => (await store.runs.claim(1, 5000, [])).find((claimed) => claimed.id === run.id)
      const first = await claim()
      assert.ok(first)
      await store.runs.requeue(first)
      assert.equal((await store.runs.get(run.id))?.status, 'queued', JSON.stringify(given))
      const again = await store.runs.claim(1, 6000, [])
      assert.deepEqual([again[0]?.id, again[0]?.durable?.parts], [run.id, first.durable?.parts])
      assert.equal((await store.runs.get(run.id))?.startedAt, 6000)
      // The first claim is over: it no longer has a say.
      await store.runs.requeue(first)
      assert.equal((await store.runs.get(run.id))?.status, 'running')
      await store.runs.abandon(run.id, 7000)
      for (const left of await store.runs.claim(10, 8000, [])) await store.runs.cancelQueued(left.id, 8000)
    }
  })

  for (const off of [{ enabled: false }, { archived: true }, { schedule: null }]) {
    test(`the lost run of a tick is not started again once its workflow is ${JSON.stringify(off)}`, async (t) => {
      const options = await createDatabase(t)
      const store = await openStore(t, options)
      const { id, runId } = await addTick(store)
      await store.runs.claim(10, 40_000, [])
      await store.workflows.update(id, off, 41_000)
      const recovered = await dieAndRecover(t, options, store)
      assert.deepEqual(recovered.lost, [runId])
      assert.equal((await recovered.store.schedules.listTicks(id, FIRST_PAGE)).data[0]?.runId, runId)
      assert.equal((await recovered.store.runs.list({}, FIRST_PAGE)).data.length, 1)
    })
  }

  if (engine === 'postgres') {
    test('runs of a server that lives are left alone until its lease ends; one that comes back is fenced', async (t) => {
      const options = await createDatabase(t)
      const [zombie, other] = [await openStore(t, options), await openStore(t, options)]
      const { id } = await addWorkflow(zombie)
      const run = await addRun(zombie, id)
      assert.deepEqual(await other.runs.recoverLost(50_000), [])
      await expireLeases(options)
      await zombie.servers.heartbeat()
      assert.deepEqual(await other.runs.recoverLost(50_000), [])
      await expireLeases(options)
      await other.servers.heartbeat()
      assert.deepEqual(await other.runs.recoverLost(50_000), [run.id])
      assert.equal((await finish(zombie, run, outcome({ patch: patchOf({ n: 1 }) }))).applied, false)
      assert.deepEqual(await settingsOf(other, id), {})
    })

    test('a server that comes back does not give up a run that another has taken over', async (t) => {
      const options = await createDatabase(t)
      const [zombie, other] = [await openStore(t, options), await openStore(t, options)]
      const { id } = await addWorkflow(zombie)
      const run = await addRun(zombie, id, { startedAt: null, durable: true })
      const [first] = await zombie.runs.claim(1, 5000, [])
      assert.ok(first)
      await expireLeases(options)
      await other.servers.heartbeat()
      assert.deepEqual(await other.runs.recoverLost(50_000), [])
      assert.equal((await other.runs.claim(1, 60_000, []))[0]?.id, run.id)
      await zombie.servers.heartbeat()
      await zombie.runs.requeue(first)
      await zombie.runs.abandon(run.id, 61_000)
      assert.deepEqual(await zombie.runs.recoverLost(62_000), [])
      assert.deepEqual((await other.runs.get(run.id))?.status, 'running')
    })

    test('servers that recover at once start a lost tick again once', async (t) => {
      const options = await createDatabase(t)
      const dead = await openStore(t, options)
      const { id } = await addTick(dead)
      await dead.runs.claim(10, 40_000, [])
      await dead.close()
      const stores = [await openStore(t, options), await openStore(t, options), await openStore(t, options)]
      const lost = await Promise.all(stores.map((store) => store.runs.recoverLost(50_000)))
      assert.equal(lost.flat().length, 1)
      assert.equal((await stores[0]?.runs.list({ workflowId: id }, FIRST_PAGE))?.data.length, 2)
    })
  }
})
