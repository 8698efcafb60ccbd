import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { startRetention, sweep } from '../src/retention.ts'
import type { Store } from '../src/store/store.ts'
import { forEachDatabase, openStore } from './helpers/databases.ts'
import { addRun, addVersion, addWorkflow, FIRST_PAGE, finish, newRun, outcome } from './helpers/store-data.ts'

const DAY = 24 * 3600 * 1000
const NOW = Date.UTC(2026, 5, 1)
const log = pino({ level: 'silent' })
const defaults = { days: 30, bytes: 1e12 }

async function addEnded(store: Store, workflowId: string, createdAt: number): Promise<string> {
  const run = await addRun(store, workflowId, { createdAt })
  await finish(store, run, outcome({ result: 'x' }))
  return run.id
}

async function sweepOnce(store: Store, given: Partial<typeof defaults> = {}): Promise<number> {
  let deleted = 0
  const options = { store, log, now: () => NOW, defaults: { ...defaults, ...given } }
  const { signal } = new AbortController()
  await sweep(options, {
    signal,
    measureFrom: new Map(),
    partsDone: new Map(),
    onDeleted: (count) => (deleted += count),
  })
  return deleted
}

const idsOf = async (store: Store, workflowId: string) =>
  (await store.listRuns({ workflowId }, { limit: 200, cursor: null })).data.map(({ id }) => id)

forEachDatabase(({ createDatabase }) => {
  test('each workflow keeps its runs for as many days as it says, or as the server does', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const [usual, short] = [await addWorkflow(store), await addWorkflow(store, { retentionDays: 1, archived: true })]
    for (const days of [40, 29, 0.5]) {
      for (const { id } of [usual, short]) await addEnded(store, id, NOW - days * DAY)
    }
    assert.equal(await sweepOnce(store), 3)
    assert.deepEqual([(await idsOf(store, usual.id)).length, (await idsOf(store, short.id)).length], [2, 1])
    assert.equal(await sweepOnce(store), 0)
    assert.equal(await sweepOnce(store, { days: 7 }), 1)
  })

  test('each workflow keeps as many bytes of runs as it says, the newest ones', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const [usual, small] = [await addWorkflow(store), await addWorkflow(store, { retentionBytes: 20_000 })]
    const ids: string[] = []
    for (let index = 0; index < 100; index += 1) ids.push(await addEnded(store, small.id, NOW - DAY + index))
    for (let index = 0; index < 10; index += 1) await addEnded(store, usual.id, NOW - DAY + index)
    await sweepOnce(store)
    const kept = await idsOf(store, small.id)
    assert.ok(kept.length > 20 && kept.length < 40, `${kept.length} runs of 512 bytes and a little are kept of 20 kB`)
    assert.deepEqual(kept, ids.slice(-kept.length).reverse())
    assert.equal((await idsOf(store, usual.id)).length, 10)
  })

  test('ticks go with the runs of their time', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const schedule = { every_seconds: 60, overlap: 'skip', missed: 'last' } as const
    const { id } = await addWorkflow(store, { kind: 'pull', schedule })
    const first = NOW - 31 * DAY
    await addVersion(store, id, true, first)
    const run = newRun(id, { createdAt: first, startedAt: null, trigger: 'schedule' })
    const skipped = (dueAt: number) => ({ dueAt, outcome: 'skipped', reason: 'overlap', run: null }) as const
    const ticks = [{ dueAt: first, outcome: 'ran', reason: null, run }, skipped(first + 60_000), skipped(NOW)] as const
    await store.applyTickPlan({ workflowId: id, expectedNextAt: first, nextAt: NOW + 60_000, ticks })
    await store.claimRuns(1, first, [])
    await finish(store, run, outcome())
    await sweepOnce(store)
    assert.deepEqual(
      (await store.listTicks(id, FIRST_PAGE)).data.map(({ dueAt }) => dueAt),
      [NOW],
    )
  })

  test('D15 while old runs are deleted, others are stored as ever, and none of them is touched', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store, { maxConcurrency: 100 })
    await Promise.all(Array.from({ length: 1500 }, (_, index) => addEnded(store, id, NOW - 40 * DAY + index)))
    const retention = startRetention({ store, log, now: () => NOW, defaults })
    t.after(() => retention.close())
    const fresh: string[] = []
    while (retention.state.deletedRuns < 1500) {
      fresh.push(...(await Promise.all(Array.from({ length: 8 }, () => addEnded(store, id, NOW)))))
    }
    // Batches of it stand between those of the others, so these got on with their work meanwhile.
    assert.ok(fresh.length >= 8 * 5, `${fresh.length} runs were stored meanwhile`)
    const left = (await store.listRuns({ workflowId: id, until: NOW }, FIRST_PAGE)).data
    assert.deepEqual(left, [])
    for (const run of fresh) assert.equal((await store.getRun(run))?.result, 'x')
  })

  test('it stops in the middle of its work when it is closed', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await Promise.all(Array.from({ length: 300 }, (_, index) => addEnded(store, id, index)))
    const retention = startRetention({ store, log, now: () => NOW, defaults })
    while (retention.state.deletedRuns === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    await retention.close()
    assert.ok((await idsOf(store, id)).length > 0)
  })
})
