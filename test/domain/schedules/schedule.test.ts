import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Schedule } from '../../../src/domain/schedules/schedule.ts'
import { firstTickAt, nextTickAfter, validateSchedule } from '../../../src/domain/schedules/schedule.ts'

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
    'a zone of quarters of an hour',
    cron('0 6 * * *', 'Asia/Kathmandu'),
    '2026-01-01T00:00:00Z',
    ['2026-01-01T00:15:00Z', '2026-01-02T00:15:00Z'],
  ],
  [
    'a zone of half hours with summer time, in spring',
    cron('30 2 * * *', 'America/St_Johns'),
    '2026-03-07T12:00:00Z',
    ['2026-03-08T05:30:00Z', '2026-03-09T05:00:00Z'],
  ],
  [
    'a zone of half hours with summer time, in autumn',
    cron('30 1 * * *', 'America/St_Johns'),
    '2026-10-31T12:00:00Z',
    ['2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z'],
  ],
  [
    'half an hour that exists twice runs once',
    cron('45 1 * * *', 'Australia/Lord_Howe'),
    '2026-04-03T20:00:00Z',
    ['2026-04-04T14:45:00Z', '2026-04-05T15:15:00Z'],
  ],
  [
    'a gap at midnight',
    cron('30 0 * * *', 'America/Havana'),
    '2026-03-07T12:00:00Z',
    ['2026-03-08T05:00:00Z', '2026-03-09T04:30:00Z'],
  ],
  [
    'a gap of two hours',
    cron('0 2 * * *', 'Antarctica/Troll'),
    '2026-03-28T12:00:00Z',
    ['2026-03-29T01:00:00Z', '2026-03-30T00:00:00Z'],
  ],
  [
    'a zone that gave up summer time in 2022',
    cron('0 12 * * *', 'America/Mexico_City'),
    '2022-10-29T00:00:00Z',
    ['2022-10-29T17:00:00Z', '2022-10-30T18:00:00Z'],
  ],
  [
    'the same zone in the summer after',
    cron('0 12 * * *', 'America/Mexico_City'),
    '2023-07-01T00:00:00Z',
    ['2023-07-01T18:00:00Z'],
  ],
  [
    'a zone that changed its offset permanently at night, so that one hour came twice',
    cron('30 23 * * *', 'Asia/Almaty'),
    '2024-02-28T20:00:00Z',
    ['2024-02-29T17:30:00Z', '2024-03-01T18:30:00Z'],
  ],
  [
    'a zone that left out a day',
    cron('0 12 * * *', 'Pacific/Apia'),
    '2011-12-28T23:00:00Z',
    ['2011-12-29T22:00:00Z', '2011-12-30T22:00:00Z'],
  ],
  [
    'minutes that repeat within the hour keep real time: none of them is in an hour that does not exist',
    cron('*/15 2 * * *', 'Europe/Paris'),
    '2026-03-28T12:00:00Z',
    ['2026-03-30T00:00:00Z', '2026-03-30T00:15:00Z'],
  ],
  [
    'a day that not every month has',
    cron('0 0 31 * *'),
    '2026-01-31T12:00:00Z',
    ['2026-03-31T00:00:00Z', '2026-05-31T00:00:00Z'],
  ],
  ['a century without its 29th of February', cron('0 0 29 2 *'), '2096-03-01T00:00:00Z', ['2104-02-29T00:00:00Z']],
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

test('Q08 a wrong field is named in a sentence, without the words of the parser’s program', () => {
  assert.equal(
    validateSchedule(cron('61 * * * *')),
    'schedule.cron: expected five valid fields (minute hour day month weekday), found "61 * * * *": Invalid value for minute: 61',
  )
})

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
