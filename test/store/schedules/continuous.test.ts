/** The next tick of a continuous schedule follows the end of its last run. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachDatabase, openStore } from '../../helpers/databases.ts'
import { addVersion, addWorkflow, finish, newRun, outcome } from '../../helpers/store-data.ts'

const FAILED = outcome({ status: 'failed', code: 'exception' })
/** Of every run in `finish`. */
const FINISHED_AT = 9000

forEachDatabase(({ createDatabase }) => {
  test('the pause begins at the end of the run, doubles with each failure, and returns after a success', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const schedule = { continuous: true, pause_seconds: 2 } as const
    const { id } = await addWorkflow(store, { kind: 'pull', schedule })
    const version = await addVersion(store, id, true, 1000)
    assert.equal(await store.schedules.getNextTick(id), 1000)
    let at = 5000
    for (const [end, pause] of [
      [outcome(), 2000],
      [FAILED, 4000],
      [FAILED, 8000],
      [outcome({ status: 'timed_out', code: 'timeout' }), 16_000],
      [outcome(), 2000],
    ] as const) {
      const expectedNextAt = (await store.schedules.getNextTick(id)) ?? 0
      at += 1
      const run = newRun(id, { versionId: version.id, trigger: 'schedule', createdAt: at })
      const tick = { dueAt: expectedNextAt + at, outcome: 'ran', reason: null, run } as const
      assert.ok(await store.schedules.applyTickPlan({ workflowId: id, expectedNextAt, nextAt: null, ticks: [tick] }))
      assert.equal(await store.schedules.rearmContinuous(), true)
      assert.equal(await store.schedules.getNextTick(id), null)
      await finish(store, run, end)
      assert.equal(await store.schedules.rearmContinuous(), false)
      assert.equal(await store.schedules.getNextTick(id), FINISHED_AT + pause)
    }
  })

  test('a schedule without a last run begins again, and other schedules without a tick are left alone', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store, { kind: 'pull', schedule: { continuous: true, pause_seconds: 2 } })
    await addVersion(store, id, true, 1000)
    assert.ok(await store.schedules.applyTickPlan({ workflowId: id, expectedNextAt: 1000, nextAt: null, ticks: [] }))
    assert.equal(await store.schedules.rearmContinuous(), false)
    assert.equal(await store.schedules.getNextTick(id), 2000)
  })
})
