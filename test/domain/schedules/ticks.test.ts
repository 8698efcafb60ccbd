import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextTickAfter, type Policies, pauseAfter } from '../../../src/domain/schedules/schedule.ts'
import { type DueSchedule, layAnew, planTicks } from '../../../src/domain/schedules/ticks.ts'

const MINUTE = 60_000

function due(changes: Partial<DueSchedule & Policies> = {}): DueSchedule {
  const { overlap = 'skip', missed = 'last', ...rest } = changes
  return { schedule: { every_seconds: 60, overlap, missed }, anchorAt: 0, nextAt: 0, active: 0, queued: 0, ...rest }
}

const outcomes = (plan: ReturnType<typeof planTicks>): string[] => plan.ticks.map(({ outcome }) => outcome)

test('a due tick runs and the next one lies on the grid', () => {
  assert.deepEqual(planTicks(due(), 5, 0), { ticks: [{ dueAt: 0, outcome: 'ran', reason: null }], nextAt: MINUTE })
})

test('Q01 one run catches up for three missed ticks, two are recorded as missed', () => {
  const plan = planTicks(due(), 2 * MINUTE + 1, 2 * MINUTE + 1)
  assert.deepEqual(outcomes(plan), ['missed', 'missed', 'ran'])
  assert.equal(plan.nextAt, 3 * MINUTE)
})

test('missed none runs nothing, missed all runs each', () => {
  assert.deepEqual(outcomes(planTicks(due({ missed: 'none' }), 2 * MINUTE, 3 * MINUTE)), ['missed', 'missed', 'missed'])
  assert.deepEqual(outcomes(planTicks(due({ missed: 'all' }), 2 * MINUTE, 3 * MINUTE)), ['ran', 'ran', 'ran'])
})

test('missed all runs at most a hundred, the newest', () => {
  const plan = planTicks(due({ missed: 'all' }), 149 * MINUTE, 150 * MINUTE)
  assert.equal(outcomes(plan).filter((outcome) => outcome === 'ran').length, 100)
  assert.deepEqual([outcomes(plan)[49], outcomes(plan)[50]], ['missed', 'ran'])
})

test('a very long outage is recorded in parts and still runs once', () => {
  const now = 2500 * MINUTE
  let nextAt: number | null = 0
  const all: string[] = []
  while (nextAt !== null && nextAt <= now) {
    const plan: ReturnType<typeof planTicks> = planTicks(due({ nextAt }), now, now + 1)
    all.push(...outcomes(plan))
    nextAt = plan.nextAt
  }
  assert.equal(all.length, 2501)
  assert.equal(all.filter((outcome) => outcome === 'ran').length, 1)
  assert.equal(all.at(-1), 'ran')
})

test('Q04 a tick that comes while the last run is under way is skipped, queued or run, as the schedule says', () => {
  assert.deepEqual(outcomes(planTicks(due({ active: 1 }), 1, 0)), ['skipped'])
  assert.match(planTicks(due({ active: 1 }), 1, 0).ticks[0]?.reason ?? '', /overlap/)
  assert.deepEqual(outcomes(planTicks(due({ active: 1, overlap: 'queue' }), 1, 0)), ['ran'])
  assert.deepEqual(outcomes(planTicks(due({ active: 2, queued: 1, overlap: 'queue' }), 1, 0)), ['skipped'])
  assert.deepEqual(outcomes(planTicks(due({ active: 9, queued: 8, overlap: 'allow' }), 1, 0)), ['ran'])
})

test('a continuous schedule runs one at a time, and the end of the run decides the next tick', () => {
  const schedule = { continuous: true, pause_seconds: 5 } as const
  const plan = (changes: Partial<DueSchedule>) =>
    planTicks(due({ schedule, nextAt: 7, ...changes }), 9 * MINUTE, MINUTE)
  assert.deepEqual(plan({}), { ticks: [{ dueAt: 7, outcome: 'ran', reason: null }], nextAt: null })
  assert.deepEqual(plan({ active: 1 }), { ticks: [], nextAt: null })
  assert.deepEqual([nextTickAfter(schedule, 7, 6), nextTickAfter(schedule, 7, 7)], [7, null])
  assert.equal(layAnew({ schedule, anchorAt: 0, nextAt: 86_400_000 }, 0), null)
  assert.deepEqual(layAnew({ schedule, anchorAt: 0, nextAt: 86_400_002 }, 1), { anchorAt: 1, nextAt: 1 })
})

test('the pause of a continuous schedule doubles with failures, up to 5 minutes or its own length', () => {
  const pauses = (seconds: number) =>
    [0, 1, 2, 3, 20].map((failures) => pauseAfter({ continuous: true, pause_seconds: seconds }, failures) / 1000)
  assert.deepEqual(pauses(1), [1, 2, 4, 8, 300])
  assert.deepEqual(pauses(0), [0, 1, 2, 4, 300])
  assert.deepEqual(pauses(600), [600, 600, 600, 600, 600])
})
