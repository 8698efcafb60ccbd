import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachDatabase, openStore } from '../../helpers/databases.ts'
import { addVersion, addWorkflow, finish, newRun, outcome } from '../../helpers/store-data.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
const HOURLY = { every_seconds: 3600, overlap: 'skip', missed: 'last' } as const

forEachDatabase(({ createDatabase }) => {
  test('the next ticks of all armed schedules come soonest first', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const later = await addWorkflow(store, { name: 'later', kind: 'pull', schedule: HOURLY })
    const sooner = await addWorkflow(store, { name: 'sooner', kind: 'pull', schedule: HOURLY })
    const resting = await addWorkflow(store, { kind: 'pull', schedule: HOURLY, enabled: false })
    await addVersion(store, later.id, true, 2000)
    await addVersion(store, sooner.id, true, 1000)
    await addVersion(store, resting.id, true, 500)
    assert.deepEqual(await store.schedules.listNextTicks(10), [
      { workflowId: sooner.id, workflowName: 'sooner', dueAt: 1000 },
      { workflowId: later.id, workflowName: 'later', dueAt: 2000 },
    ])
    assert.equal((await store.schedules.listNextTicks(1)).length, 1)
  })

  test('the ticks of each day are counted by outcome, and the scheduled runs of the day that failed', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id: workflowId } = await addWorkflow(store, { kind: 'pull', schedule: HOURLY })
    await addVersion(store, workflowId, true, DAY)
    const plan = (dueAt: number, outcomes: readonly ('ran' | 'skipped' | 'missed')[]) => {
      const ticks = outcomes.map((outcome, index) => {
        const createdAt = dueAt + index
        const run = outcome === 'ran' ? newRun(workflowId, { trigger: 'schedule', createdAt }) : null
        return { dueAt: createdAt, outcome, reason: null, run }
      })
      return { workflowId, expectedNextAt: dueAt, nextAt: dueAt + DAY + HOUR, ticks }
    }
    const first = plan(DAY, ['ran', 'ran', 'skipped'])
    const second = plan(2 * DAY + HOUR, ['missed', 'ran'])
    for (const each of [first, second]) assert.equal(await store.schedules.applyTickPlan(each), true)
    const [failed, reported] = first.ticks
    if (failed?.run == null || reported?.run == null) throw new Error('the plan starts two runs')
    await finish(store, failed.run, outcome({ status: 'failed', code: 'exception' }))
    await finish(store, reported.run, outcome({ warnings: [{ code: 'reported_failure', message: '' }] }))
    assert.deepEqual(await store.schedules.countTicks(workflowId, [0, DAY, 2 * DAY]), [
      { startsAt: 0, ran: 0, skipped: 0, missed: 0, failed: 0 },
      { startsAt: DAY, ran: 2, skipped: 1, missed: 0, failed: 2 },
      { startsAt: 2 * DAY, ran: 1, skipped: 0, missed: 1, failed: 0 },
    ])
    assert.deepEqual(await store.schedules.countTicks('wf_other', [DAY]), [
      { startsAt: DAY, ran: 0, skipped: 0, missed: 0, failed: 0 },
    ])
  })
})
