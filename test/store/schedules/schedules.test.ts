import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Workflow } from '../../../src/domain/workflows/workflow.ts'
import type { TickPlan } from '../../../src/store/schedules/schedules.ts'
import type { Store } from '../../../src/store/store.ts'
import { forEachDatabase, openSql, openStore } from '../../helpers/databases.ts'
import { addRun, addVersion, addWorkflow, FIRST_PAGE, finish, newRun, outcome } from '../../helpers/store-data.ts'

const EVERY_MINUTE = { every_seconds: 60, overlap: 'skip', missed: 'last' } as const
const DAILY = { cron: '0 6 * * *', timezone: 'UTC', overlap: 'skip', missed: 'last' } as const

const addPull = (store: Store, given: Partial<Workflow> = {}): Promise<Workflow> =>
  addWorkflow(store, { kind: 'pull', schedule: EVERY_MINUTE, ...given })

/** A plan that runs the tick at `dueAt`. */
function planOf(
  workflowId: string,
  dueAt: number,
  nextAt: number | null = dueAt + 60_000,
): TickPlan & { runId: string } {
  const run = newRun(workflowId, { trigger: 'schedule', startedAt: null, createdAt: dueAt })
  const ticks = [{ dueAt, outcome: 'ran', reason: null, run }] as const
  return { workflowId, expectedNextAt: dueAt, nextAt, ticks, runId: run.id }
}

forEachDatabase(({ engine, createDatabase }) => {
  test('nothing ticks before code is deployed; the first tick of an interval is then', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addPull(store)
    assert.equal(await store.schedules.getNextTick(id), null)
    await addVersion(store, id, false, 20_000)
    assert.equal(await store.schedules.nextDueAt(), null)
    const version = await store.workflows.deployVersion(id, 1, 30_000)
    assert.equal(await store.schedules.getNextTick(id), 30_000)
    assert.equal(await store.schedules.nextDueAt(), 30_000)
    assert.deepEqual(await store.schedules.due(29_999, 10), [])
    assert.deepEqual(await store.schedules.due(30_000, 10), [
      {
        workflowId: id,
        schedule: EVERY_MINUTE,
        anchorAt: 30_000,
        nextAt: 30_000,
        deployedVersionId: version?.id,
        isDurable: false,
        active: 0,
        queued: 0,
      },
    ])
  })

  test('a cron schedule is armed for its next time', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addPull(store, { schedule: DAILY })
    await addVersion(store, id, true, Date.UTC(2026, 0, 1, 6, 0, 0))
    assert.equal(await store.schedules.getNextTick(id), Date.UTC(2026, 0, 2, 6))
  })

  test('deploying again moves no tick', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addPull(store)
    await addVersion(store, id, true, 30_000)
    await store.schedules.applyTickPlan(planOf(id, 30_000))
    const second = await addVersion(store, id, true, 45_000)
    await store.workflows.deployVersion(id, 1, 46_000)
    await store.workflows.deployVersion(id, 2, 47_000)
    const [armed] = await store.schedules.due(90_000, 10)
    assert.deepEqual([armed?.anchorAt, armed?.nextAt, armed?.deployedVersionId], [30_000, 90_000, second.id])
  })

  test('editing the times lays a new grid from now; editing name or policies does not', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addPull(store)
    await addVersion(store, id, true, 30_000)
    await store.schedules.applyTickPlan(planOf(id, 30_000))
    await store.workflows.update(id, { name: 'x', schedule: { ...EVERY_MINUTE, overlap: 'allow' } }, 50_000)
    assert.equal(await store.schedules.getNextTick(id), 90_000)
    await store.workflows.update(id, { schedule: { ...EVERY_MINUTE, every_seconds: 61 } }, 51_000)
    assert.equal(await store.schedules.getNextTick(id), 51_000)
    await store.workflows.update(id, { schedule: DAILY }, 52_000)
    assert.equal(await store.schedules.getNextTick(id), 6 * 3_600_000)
    await store.workflows.update(id, { schedule: null }, 53_000)
    assert.equal(await store.schedules.getNextTick(id), null)
    assert.equal(await store.schedules.nextDueAt(), null)
  })

  for (const off of [{ enabled: false }, { archived: true }]) {
    test(`Q11 a workflow that is ${JSON.stringify(off)} has no ticks, and starts from now when it is back`, async (t) => {
      const store = await openStore(t, await createDatabase(t))
      const { id } = await addPull(store)
      await addVersion(store, id, true, 30_000)
      await store.workflows.update(id, off, 31_000)
      assert.deepEqual(await store.schedules.due(1e9, 10), [])
      assert.deepEqual([await store.schedules.getNextTick(id), await store.schedules.nextDueAt()], [null, null])
      await store.workflows.update(id, { enabled: true, archived: false }, 700_000)
      assert.equal(await store.schedules.getNextTick(id), 700_000)
    })
  }

  test('due schedules come oldest first, as many as asked, with the runs that are under way', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const [late, early] = [await addPull(store), await addPull(store)]
    await addVersion(store, late.id, true, 40_000)
    await addVersion(store, early.id, true, 30_000)
    await addRun(store, early.id)
    await addRun(store, early.id, { startedAt: null })
    await finish(store, await addRun(store, early.id), outcome())
    const due = await store.schedules.due(50_000, 10)
    assert.deepEqual(
      due.map(({ workflowId, active, queued }) => [workflowId, active, queued]),
      [
        [early.id, 2, 1],
        [late.id, 0, 0],
      ],
    )
    assert.deepEqual(
      (await store.schedules.due(50_000, 1)).map(({ workflowId }) => workflowId),
      [early.id],
    )
  })

  test('Q03 a plan is applied whole: ticks, their queued runs and the next time', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addPull(store)
    const version = await addVersion(store, id, true, 30_000)
    const run = newRun(id, { versionId: version.id, trigger: 'schedule', startedAt: null })
    const skipped = { dueAt: 30_000, outcome: 'skipped', reason: 'overlap', run: null } as const
    const ran = { dueAt: 90_000, outcome: 'ran', reason: null, run } as const
    assert.equal(
      await store.schedules.applyTickPlan({
        workflowId: id,
        expectedNextAt: 30_000,
        nextAt: 150_000,
        ticks: [skipped, ran],
      }),
      true,
    )
    assert.equal(await store.schedules.getNextTick(id), 150_000)
    assert.deepEqual((await store.schedules.listTicks(id, FIRST_PAGE)).data, [
      { dueAt: 90_000, outcome: 'ran', reason: null, runId: run.id },
      { dueAt: 30_000, outcome: 'skipped', reason: 'overlap', runId: null },
    ])
    const [claimed] = await store.runs.claim(10, 91_000, [])
    assert.deepEqual([claimed?.id, claimed?.trigger, claimed?.version], [run.id, 'schedule', 1])
  })

  test('Q03 a plan of which one part fails leaves nothing behind', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addPull(store)
    await addVersion(store, id, true, 30_000)
    const twin = await addRun(store, id)
    const plan = planOf(id, 30_000)
    const broken = { dueAt: 31_000, outcome: 'ran', reason: null, run: { ...newRun(id), id: twin.id } } as const
    await assert.rejects(store.schedules.applyTickPlan({ ...plan, ticks: [...plan.ticks, broken] }))
    assert.equal(await store.schedules.getNextTick(id), 30_000)
    assert.deepEqual((await store.schedules.listTicks(id, FIRST_PAGE)).data, [])
    assert.equal(await store.runs.get(plan.runId), null)
  })

  test('Q02 of five schedulers with the same tick one fires it', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    // SQLite has one server; PostgreSQL has as many as one likes.
    const stores = [store]
    while (engine === 'postgres' && stores.length < 5) stores.push(await openStore(t, options))
    const { id } = await addPull(store)
    await addVersion(store, id, true, 30_000)
    for (let dueAt = 30_000; dueAt < 30_000 + 10 * 60_000; dueAt += 60_000) {
      const plans = Array.from({ length: 5 }, (_, index) =>
        (stores[index % stores.length] ?? store).schedules.applyTickPlan(planOf(id, dueAt)),
      )
      assert.equal((await Promise.all(plans)).filter((applied) => applied).length, 1)
    }
    const ticks = (await store.schedules.listTicks(id, FIRST_PAGE)).data
    const runs = (await store.runs.list({ workflowId: id }, FIRST_PAGE)).data
    assert.equal(ticks.length, 10)
    assert.deepEqual(new Set(ticks.map(({ runId }) => runId)), new Set(runs.map((run) => run.id)))
    assert.equal(runs.length, 10)
  })

  if (engine === 'postgres') {
    test('a tick that another server is about to fire is left to it, without waiting', async (t) => {
      const options = await createDatabase(t)
      const store = await openStore(t, options)
      const [taken, free] = [await addPull(store), await addPull(store)]
      for (const { id } of [taken, free]) await addVersion(store, id, true, 30_000)
      const other = await openSql(t, options)
      await other(`begin; update schedules set next_at = 90000 where workflow_id = '${taken.id}'`)
      assert.equal(await store.schedules.applyTickPlan(planOf(taken.id, 30_000)), false)
      assert.equal(await store.schedules.applyTickPlan(planOf(free.id, 30_000)), true)
      await other('rollback')
      assert.equal(await store.schedules.applyTickPlan(planOf(taken.id, 30_000)), true)
    })
  }

  test('Q05 a tick that was decided once is not run again when the clock goes back', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addPull(store)
    await addVersion(store, id, true, 30_000)
    const first = planOf(id, 30_000)
    await store.schedules.applyTickPlan(first)
    await store.workflows.update(id, { enabled: false }, 30_000)
    await store.workflows.update(id, { enabled: true }, 30_000)
    const again = planOf(id, 30_000)
    assert.equal(await store.schedules.applyTickPlan(again), true)
    assert.equal(await store.runs.get(again.runId), null)
    assert.deepEqual(
      (await store.schedules.listTicks(id, FIRST_PAGE)).data.map(({ runId }) => runId),
      [first.runId],
    )
  })

  test('a plan made before an edit, a pause or another plan is refused', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addPull(store)
    await addVersion(store, id, true, 30_000)
    const stale = planOf(id, 30_000)
    await store.workflows.update(id, { schedule: { ...EVERY_MINUTE, every_seconds: 5 } }, 31_000)
    assert.equal(await store.schedules.applyTickPlan(stale), false)
    await store.workflows.update(id, { enabled: false }, 32_000)
    assert.equal(await store.schedules.applyTickPlan(planOf(id, 31_000)), false)
    assert.deepEqual((await store.schedules.listTicks(id, FIRST_PAGE)).data, [])
  })

  test('a schedule without a next time waits for nothing', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addPull(store)
    await addVersion(store, id, true, 30_000)
    await store.schedules.applyTickPlan(planOf(id, 30_000, null))
    assert.deepEqual([await store.schedules.nextDueAt(), await store.schedules.getNextTick(id)], [null, null])
    assert.deepEqual(await store.schedules.due(1e12, 10), [])
  })

  test('ticks are listed by page', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addPull(store)
    await addVersion(store, id, true, 30_000)
    for (let dueAt = 30_000; dueAt <= 150_000; dueAt += 60_000) await store.schedules.applyTickPlan(planOf(id, dueAt))
    const first = await store.schedules.listTicks(id, { limit: 2, cursor: null })
    const second = await store.schedules.listTicks(id, { limit: 2, cursor: first.nextCursor })
    assert.deepEqual(
      [first.data, second.data].map((page) => page.map(({ dueAt }) => dueAt)),
      [[150_000, 90_000], [30_000]],
    )
  })
})
