import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachDatabase, openStore } from '../../../helpers/databases.ts'
import { addRun, addWorkflow, finish, outcome } from '../../../helpers/store-data.ts'
import { type Met, simulateLanes } from '../../../model/lanes.ts'

/** `LANE_WORLDS=500 LANE_SEED=1 npm test -- test/store/runs/queue/queue.test.ts` for more worlds, from a seed on. */
const LANE_WORLDS = process.env.LANE_WORLDS
const LANE_SEED = Number(process.env.LANE_SEED ?? 1)
const REQUEST = { method: 'POST', url: '/', query: '', headers: [], body: Buffer.from('x') } as const

forEachDatabase(({ engine, createDatabase }) => {
  test('queued runs are taken oldest first, whole, once, and without those of workflows that are full', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const [full, free] = [await addWorkflow(store), await addWorkflow(store)]
    const skipped = await addRun(store, full.id, { createdAt: 1, startedAt: null })
    const second = await addRun(store, free.id, { createdAt: 3, startedAt: null, request: REQUEST })
    const first = await addRun(store, free.id, { createdAt: 2, startedAt: null, source: 'code' })
    const third = await addRun(store, free.id, { createdAt: 4, startedAt: null })
    const claimed = await store.runs.claim(2, 8000, [full.id])
    assert.deepEqual(
      claimed.map(({ id }) => id),
      [first.id, second.id],
    )
    assert.deepEqual(
      claimed.map(({ status, startedAt }) => [status, startedAt]),
      [
        ['running', 8000],
        ['running', 8000],
      ],
    )
    assert.deepEqual([claimed[0]?.source, claimed[1]?.request], ['code', REQUEST])
    assert.deepEqual(
      (await store.runs.claim(10, 8000, [])).map(({ id }) => id),
      [skipped.id, third.id],
    )
    assert.deepEqual(await store.runs.claim(10, 8000, []), [])
    assert.equal((await finish(store, first, outcome())).applied, true)
  })

  test('runs of one millisecond are taken in the order of their ids', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const ids = ['c', 'a', 'e', 'b', 'd'].map((letter) => `run_${letter}`)
    for (const run of ids) await addRun(store, id, { id: run, createdAt: 1, startedAt: null })
    const taken = [...(await store.runs.claim(2, 8000, [])), ...(await store.runs.claim(3, 8000, ['wf_full']))]
    assert.deepEqual(
      taken.map((run) => run.id),
      ids.toSorted(),
    )
  })

  test('the oldest run of a workflow with a slot is found past thousands of workflows without one, and past many others', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const full = await Promise.all(Array.from({ length: 3 }, () => addWorkflow(store)))
    const fullIds = full.map(({ id }) => id)
    for (let index = 0; index < 1200; index += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, step) =>
          addRun(store, fullIds[step % 3] ?? '', { createdAt: index + step, startedAt: null }),
        ),
      )
    assert.deepEqual(await store.runs.claim(1, 8000, fullIds), [])
    const others = await Promise.all(Array.from({ length: 40 }, () => addWorkflow(store)))
    const runs: string[] = []
    for (const [index, { id }] of others.slice(0, 5).entries())
      runs.push((await addRun(store, id, { createdAt: 2000 + index, startedAt: null })).id)
    // Its time has not come.
    await addRun(store, others[5]?.id ?? '', { createdAt: 9000, startedAt: null })
    const claim = async () => (await store.runs.claim(1, 8000, fullIds))[0]?.id
    assert.deepEqual([await claim(), await claim()], runs.slice(0, 2))
    // It came after a younger one of its workflow.
    const older = await addRun(store, others[2]?.id ?? '', { createdAt: 1999, startedAt: null })
    assert.equal(await claim(), older.id)
    // More others than are asked one by one, and the newest of them near the head.
    for (const { id } of others) await addRun(store, id, { createdAt: 3000, startedAt: null })
    const early = await addRun(store, others.at(-1)?.id ?? '', { createdAt: 0, startedAt: null })
    assert.equal(await claim(), early.id)
    const taken = new Set<string | undefined>()
    for (let turn = 0; turn < 43; turn += 1) taken.add(await claim())
    assert.equal(taken.size, 43)
    assert.equal(taken.has(undefined), false)
    assert.equal(await claim(), undefined)
  })

  test('claims at once never take a run twice', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const stores = engine === 'postgres' ? [store, await openStore(t, options), await openStore(t, options)] : [store]
    const { id } = await addWorkflow(store, { maxConcurrency: 30 })
    for (let index = 0; index < 30; index += 1) await addRun(store, id, { startedAt: null })
    const claims = Array.from({ length: 12 }, (_, index) =>
      (stores[index % stores.length] ?? store).runs.claim(4, 8000, []),
    )
    const taken = (await Promise.all(claims)).flat().map((run) => run.id)
    assert.equal(taken.length, new Set(taken).size)
    while (taken.length < 30) {
      const more = await store.runs.claim(4, 8000, [])
      assert.ok(more.length > 0)
      taken.push(...more.map((run) => run.id))
    }
    assert.equal(new Set(taken).size, 30)
  })

  test('a queued run of an archived workflow ends instead of starting', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store, { archived: true })
    const run = await addRun(store, id, { startedAt: null })
    assert.deepEqual(await store.runs.claim(10, 8000, []), [])
    const ended = await store.runs.get(run.id)
    assert.deepEqual([ended?.status, ended?.code, ended?.finishedAt], ['cancelled', 'cancelled', 8000])
  })

  test('a tick that waits for the last run of its schedule starts once that has ended, were there places', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const schedule = { every_seconds: 60, overlap: 'queue', missed: 'last' } as const
    const { id } = await addWorkflow(store, { kind: 'pull', maxConcurrency: 5, schedule })
    const running = await addRun(store, id, { trigger: 'schedule' })
    const waiting = await addRun(store, id, { trigger: 'schedule', startedAt: null })
    const byHand = await addRun(store, id, { trigger: 'manual', startedAt: null })
    const claim = async () => (await store.runs.claim(1, 8000, []))[0]?.id
    assert.deepEqual([await claim(), await claim()], [byHand.id, undefined])
    await finish(store, running, outcome())
    assert.equal(await claim(), undefined)
    await finish(store, byHand, outcome())
    assert.equal(await claim(), waiting.id)
  })

  test('a queued run is cancelled once, a running one not here', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const queued = await addRun(store, id, { startedAt: null })
    const running = await addRun(store, id)
    assert.equal(await store.runs.cancelQueued(queued.id, 8000), true)
    assert.equal(await store.runs.cancelQueued(queued.id, 8001), false)
    assert.equal(await store.runs.cancelQueued(running.id, 8000), false)
    assert.equal((await store.runs.get(queued.id))?.finishedAt, 8000)
    assert.equal((await finish(store, queued, outcome())).applied, false)
  })

  test('who asks to end a run that is under way elsewhere asks its server; one that has ended stays as it is', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const [running, ended] = [await addRun(store, id), await addRun(store, id)]
    await finish(store, ended, outcome())
    const queued = await addRun(store, id, { startedAt: null })
    assert.equal(await store.runs.requestCancel(queued.id, 8000), true)
    assert.equal((await store.runs.get(queued.id))?.status, 'cancelled')
    assert.equal(await store.runs.requestCancel(ended.id, 8000), false)
    assert.equal(await store.runs.requestCancel(running.id, 8000), true)
    assert.equal(await store.runs.requestCancel(running.id, 8001), true)
    assert.deepEqual(await store.runs.listCancelRequests(), [running.id])
    await finish(store, running, outcome({ status: 'cancelled', code: 'cancelled' }))
    assert.deepEqual(await store.runs.listCancelRequests(), [])
  })

  // A world takes 4 s on PostgreSQL while the machine is busy, 0.6 s on SQLite.
  const worlds = Number(LANE_WORLDS ?? (engine === 'postgres' ? 1 : 3))
  test(`in ${worlds} worlds of crashes and servers, lanes run one at a time, in order, and lose nothing`, async (t) => {
    const options = await createDatabase(t)
    const open = () => openStore(t, options)
    const stores = [await open(), ...(engine === 'postgres' ? [await open(), await open()] : [])]
    const crash = async (index: number) => {
      await stores[index]?.close()
      stores[index] = await open()
      // A world may take longer than a lease.
      for (const store of stores) await store.servers.heartbeat()
    }
    const met: Met = { claimed: 0, waited: 0, retried: 0, lost: 0, cancelled: 0, together: 0 }
    for (let seed = LANE_SEED; seed < LANE_SEED + worlds; seed += 1) {
      await simulateLanes(seed, { stores, crash }, met).catch((cause) => {
        throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause })
      })
    }
    t.diagnostic(`${engine}: ${JSON.stringify(met)}`)
    if (worlds < 3) return
    // Worlds that meet nothing prove nothing.
    const { together, ...others } = met
    for (const [what, times] of Object.entries(others)) assert.ok(times > 0, `${what} was never met`)
    assert.equal(together > 0, engine === 'postgres', 'several servers claim at once')
  })
})
