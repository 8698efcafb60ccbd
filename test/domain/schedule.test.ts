import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstTickAt, nextTickAfter, validateSchedule } from '../../src/domain/schedule.ts'
import type { Schedule } from '../../src/domain/workflow.ts'

const cron = (expression: string, timezone = 'UTC'): Schedule => ({
  cron: expression,
  timezone,
  overlap: 'skip',
  missed: 'last',
})
const every = (seconds: number): Schedule => ({ every_seconds: seconds, overlap: 'skip', missed: 'last' })
const at = (text: string): number => Date.parse(text)

function ticks(schedule: Schedule, after: string, count: number): string[] {
  const found: string[] = []
  let last = at(after)
  for (let index = 0; index < count; index += 1) {
    const next = nextTickAfter(schedule, 0, last)
    if (next === null) break
    last = next
    found.push(new Date(next).toISOString().replace('.000', ''))
  }
  return found
}

test('an interval ticks at once and then on a grid that does not drift', () => {
  assert.equal(firstTickAt(every(60), 1234), 1234)
  assert.equal(nextTickAfter(every(60), 1234, 1234), 61_234)
  assert.equal(nextTickAfter(every(60), 1234, 61_233), 61_234)
  assert.equal(nextTickAfter(every(60), 1234, 500_000), 541_234)
  assert.equal(nextTickAfter(every(60), 1234, 3), 1234)
})

const GOLDEN: readonly [name: string, schedule: Schedule, after: string, expected: readonly string[]][] = [
  [
    'a time in the spring gap runs at the first that exists',
    cron('30 2 * * *', 'Europe/Paris'),
    '2026-03-28T12:00:00Z',
    ['2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z'],
  ],
  [
    'a time that exists twice in autumn runs once',
    cron('30 2 * * *', 'Europe/Paris'),
    '2026-10-24T12:00:00Z',
    ['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z'],
  ],
  [
    'hourly keeps real time over the spring gap',
    cron('0 * * * *', 'Europe/Paris'),
    '2026-03-29T00:00:00Z',
    ['2026-03-29T01:00:00Z', '2026-03-29T02:00:00Z'],
  ],
  [
    'every half hour keeps real time in autumn',
    cron('*/30 * * * *', 'Europe/Paris'),
    '2026-10-25T00:00:00Z',
    ['2026-10-25T00:30:00Z', '2026-10-25T01:00:00Z', '2026-10-25T01:30:00Z', '2026-10-25T02:00:00Z'],
  ],
  [
    'a zone of half hours',
    cron('0 6 * * 1-5', 'Asia/Kolkata'),
    '2026-10-24T12:00:00Z',
    ['2026-10-26T00:30:00Z', '2026-10-27T00:30:00Z'],
  ],
  [
    'a zone whose summer time is half an hour',
    cron('15 2 * * *', 'Australia/Lord_Howe'),
    '2026-10-03T00:00:00Z',
    ['2026-10-03T15:30:00Z', '2026-10-04T15:15:00Z'],
  ],
  [
    'the 29th of February',
    cron('0 0 29 2 *'),
    '2026-10-03T00:00:00Z',
    ['2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z'],
  ],
]

for (const [name, schedule, after, expected] of GOLDEN) {
  test(`Q07 ${name}`, () => assert.deepEqual(ticks(schedule, after, expected.length), expected))
}

for (const expression of ['', '?', '* * * * * *', '60 * * * *', '*/0 * * * *', '0 0 30 2 *', '@reboot', '0 0 1 1 8']) {
  test(`Q08 the cron expression ${JSON.stringify(expression)} is refused with what was found`, () => {
    assert.match(validateSchedule(cron(expression)) ?? '', /^schedule\.cron: .*found/)
  })
}

test('Q08 an unknown zone is refused by name', () => {
  assert.match(validateSchedule(cron('* * * * *', 'Mars/Olympus')) ?? '', /schedule\.timezone: .*Mars\/Olympus/)
})

test('good schedules pass', () => {
  for (const good of [cron('0 6 * * 1-5', 'Europe/Paris'), cron('@daily'), cron('5 4 * * SUN'), every(1)]) {
    assert.equal(validateSchedule(good), null)
  }
})

for (const seconds of [0, -1, 1.5, Number.NaN, 10 ** 12]) {
  test(`an interval of ${seconds} seconds is refused`, () => {
    assert.match(validateSchedule(every(seconds)) ?? '', /every_seconds: expected a whole number/)
  })
}
