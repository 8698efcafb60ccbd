import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Schedule } from '../../../src/domain/schedules/schedule.ts'
import { dayStarts, upcomingTicks } from '../../../src/domain/schedules/upcoming.ts'

const cron = (expression: string, timezone: string): Schedule => ({
  cron: expression,
  timezone,
  overlap: 'skip',
  missed: 'last',
})
const at = (text: string): number => Date.parse(text)

test('Q07 the tick after the clocks go forward is marked, and one that its day does not have is moved', () => {
  const ticks = upcomingTicks(cron('30 2 * * *', 'Europe/Paris'), 0, at('2026-03-27T12:00:00Z'), 3)
  assert.deepEqual(ticks, [
    { dueAt: at('2026-03-28T01:30:00Z'), offsetMinutes: 60, clockChange: null, moved: false },
    { dueAt: at('2026-03-29T01:00:00Z'), offsetMinutes: 120, clockChange: 'forward', moved: true },
    { dueAt: at('2026-03-30T00:30:00Z'), offsetMinutes: 120, clockChange: null, moved: false },
  ])
})

test('Q07 the tick after the clocks go back is marked, and one that comes twice is one tick', () => {
  const ticks = upcomingTicks(cron('30 2 * * *', 'America/New_York'), 0, at('2026-10-31T12:00:00Z'), 2)
  assert.deepEqual(
    ticks.map(({ offsetMinutes, clockChange, moved }) => [offsetMinutes, clockChange, moved]),
    [
      [-300, 'back', false],
      [-300, null, false],
    ],
  )
})

test('an interval follows no clock, and its ticks lie on the grid of its anchor', () => {
  const every: Schedule = { every_seconds: 3600, overlap: 'skip', missed: 'last' }
  const ticks = upcomingTicks(every, 500, at('2026-03-29T00:30:00Z'), 2)
  assert.deepEqual(
    ticks.map(({ dueAt, clockChange }) => [dueAt, clockChange]),
    [
      [at('2026-03-29T01:00:00Z') + 500, null],
      [at('2026-03-29T02:00:00Z') + 500, null],
    ],
  )
})

test('a schedule that ends has only the ticks that it has', () => {
  const ticks = upcomingTicks(cron('0 0 29 2 *', 'UTC'), 0, at('2026-01-01T00:00:00Z'), 2)
  assert.deepEqual(
    ticks.map(({ dueAt }) => new Date(dueAt).toISOString().slice(0, 10)),
    ['2028-02-29', '2032-02-29'],
  )
})

test('days begin at midnight of their zone, also those of 23 and 25 hours', () => {
  const spring = dayStarts('Europe/Paris', at('2026-03-30T10:00:00Z'), 3)
  assert.deepEqual(spring, [at('2026-03-27T23:00:00Z'), at('2026-03-28T23:00:00Z'), at('2026-03-29T22:00:00Z')])
  assert.equal(dayStarts('UTC', at('2026-03-30T00:00:00Z'), 84).length, 84)
  assert.equal(dayStarts('UTC', at('2026-03-30T00:00:00Z'), 84).at(-1), at('2026-03-30T00:00:00Z'))
})
