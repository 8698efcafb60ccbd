/** Clocks that go ahead and back, over restarts. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeClock } from '../../../src/store/upkeep/trusted-time.ts'
import { forEachDatabase, openStore } from '../../helpers/databases.ts'
import { addRun, addVersion, addWorkflow, newRun } from '../../helpers/store-data.ts'

const HOUR = 3600_000
const DAY = 24 * HOUR
const NOW = Date.UTC(2026, 5, 1, 12)

test('a clock is doubted for a day after each time that it goes ahead by more than a day', () => {
  const sure = { seenAt: NOW, doubt: null }
  assert.deepEqual(judgeClock(sure, NOW + DAY), { seenAt: NOW + DAY, doubt: null })
  const far = NOW + 31 * DAY
  const doubt = { from: far, trusted: NOW }
  const doubted = judgeClock(sure, far)
  assert.deepEqual(doubted, { seenAt: far, doubt })
  assert.deepEqual(judgeClock(doubted, far + DAY - 1), { seenAt: far + DAY - 1, doubt })
  assert.deepEqual(judgeClock(doubted, far + DAY), { seenAt: far + DAY, doubt: null })
  const again = judgeClock(doubted, far + 5 * DAY)
  assert.deepEqual(again.doubt, { from: far + 5 * DAY, trusted: NOW })
  const halfway = judgeClock(doubted, far - 5 * DAY)
  assert.deepEqual(halfway.doubt, { from: far - 5 * DAY, trusted: NOW })
  assert.deepEqual(judgeClock(doubted, NOW + HOUR), { seenAt: NOW + HOUR, doubt: null })
  assert.deepEqual(judgeClock(sure, NOW - 5 * DAY), { seenAt: NOW - 5 * DAY, doubt: null })
})

forEachDatabase(({ createDatabase }) => {
  test('what the clock said is known after a restart', async (t) => {
    const options = await createDatabase(t)
    const first = await openStore(t, options)
    assert.equal(await first.upkeep.trustedNow(NOW), NOW)
    await first.close()
    const second = await openStore(t, options)
    assert.equal(await second.upkeep.trustedNow(NOW + 31 * DAY), NOW)
    await second.close()
    const third = await openStore(t, options)
    assert.equal(await third.upkeep.trustedNow(NOW + 31 * DAY + HOUR), NOW)
    assert.equal(await third.upkeep.trustedNow(NOW + 32 * DAY), NOW + 32 * DAY)
  })

  test('a database that knows no clock yet trusts that of its newest run', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    await addRun(store, (await addWorkflow(store)).id, { createdAt: NOW })
    assert.equal(await store.upkeep.trustedNow(NOW + 31 * DAY), NOW)
  })

  test('when the clock was ahead and is set back, schedules are laid anew and ticks that it missed may run', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const addArmed = async (schedule: object, at: number) => {
      const workflow = await addWorkflow(store, {
        kind: 'pull',
        schedule: { overlap: 'allow', missed: 'last', ...schedule } as never,
        createdAt: at,
      })
      await addVersion(store, workflow.id, true, at)
      return workflow.id
    }
    const cron = { cron: '0 6 * * *', timezone: 'UTC' }
    const [minutely, daily, untouched] = [
      await addArmed({ every_seconds: 60 }, NOW),
      await addArmed(cron, NOW),
      await addArmed({ every_seconds: 7 * 24 * 3600 }, NOW - DAY),
    ]
    const weekly = NOW + 6 * DAY
    assert.equal(await store.upkeep.trustedNow(NOW), NOW)
    const wrong = NOW + 31 * DAY
    const missed = [{ dueAt: NOW + 60_000, outcome: 'missed', reason: 'the server was down', run: null }] as const
    const plan = { expectedNextAt: NOW, nextAt: wrong + 60_000, ticks: missed }
    assert.equal(await store.schedules.applyTickPlan({ workflowId: minutely, ...plan }), true)
    const nextDaily = (await store.schedules.getNextTick(daily)) ?? 0
    await store.schedules.applyTickPlan({
      workflowId: daily,
      expectedNextAt: nextDaily,
      nextAt: wrong + DAY,
      ticks: [],
    })
    await store.schedules.applyTickPlan({ workflowId: untouched, expectedNextAt: NOW - DAY, nextAt: weekly, ticks: [] })
    // Armed while the clock was wrong: its grid begins in the future.
    const late = await addArmed({ every_seconds: 60 }, wrong)
    assert.equal(await store.upkeep.trustedNow(wrong), NOW)
    await store.close()

    const next = await openStore(t, options)
    assert.equal(await next.upkeep.trustedNow(NOW + 30_000), NOW + 30_000)
    assert.equal(await next.schedules.getNextTick(minutely), NOW + 60_000)
    assert.equal(await next.schedules.getNextTick(late), NOW + 60_000)
    assert.equal(await next.schedules.getNextTick(daily), nextDaily)
    assert.equal(await next.schedules.getNextTick(untouched), weekly)
    const run = newRun(minutely, { trigger: 'schedule', startedAt: null, createdAt: NOW + 60_000 })
    const ran = { dueAt: NOW + 60_000, outcome: 'ran', reason: null, run } as const
    const again = { workflowId: minutely, expectedNextAt: NOW + 60_000, nextAt: NOW + 120_000, ticks: [ran] }
    assert.equal(await next.schedules.applyTickPlan(again), true)
    assert.equal((await next.runs.get(run.id))?.status, 'queued')
    const { data } = await next.schedules.listTicks(minutely, { limit: 10, cursor: null })
    assert.deepEqual(
      data.map(({ outcome, runId }) => [outcome, runId]),
      [['ran', run.id]],
    )
  })
})
