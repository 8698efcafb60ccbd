import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addDurations,
  coverTime,
  mergeRanges,
  percentilesOf,
  roundDuration,
  SPANS,
  writeDurations,
} from '../../../src/domain/runs/run-counts.ts'

const [MINUTE, TEN_MINUTES, HOUR, SIX_HOURS, DAY] = SPANS

test('a time is covered once, by the longest spans', () => {
  const [from, to] = [DAY - SIX_HOURS - HOUR - TEN_MINUTES - MINUTE, 3 * DAY + HOUR]
  assert.deepEqual(coverTime(from, to), [
    { span: MINUTE, from, to: from + MINUTE },
    { span: TEN_MINUTES, from: from + MINUTE, to: DAY - SIX_HOURS - HOUR },
    { span: HOUR, from: DAY - SIX_HOURS - HOUR, to: DAY - SIX_HOURS },
    { span: SIX_HOURS, from: DAY - SIX_HOURS, to: DAY },
    { span: DAY, from: DAY, to: 3 * DAY },
    { span: HOUR, from: 3 * DAY, to },
  ])
})

test('ranges of neighboring bars become one range, and a gap or another span ends it', () => {
  const bars = [0, 1, 2].flatMap((bar) => coverTime(2 * HOUR + 3 * bar * HOUR, 2 * HOUR + 3 * (bar + 1) * HOUR))
  assert.deepEqual(mergeRanges(bars), [{ span: HOUR, from: 2 * HOUR, to: 11 * HOUR }])
  const others = [
    { span: HOUR, from: 0, to: HOUR },
    { span: DAY, from: DAY, to: 2 * DAY },
    { span: HOUR, from: 2 * DAY, to: 2 * DAY + HOUR },
    { span: DAY, from: 2 * DAY, to: 3 * DAY },
    { span: HOUR, from: 2 * DAY + HOUR, to: 3 * DAY },
  ]
  assert.deepEqual(
    [...mergeRanges(others)].sort((one, other) => one.from - other.from),
    [
      { span: HOUR, from: 0, to: HOUR },
      { span: DAY, from: DAY, to: 3 * DAY },
      { span: HOUR, from: 2 * DAY, to: 3 * DAY },
    ],
  )
})

test('a rounded duration stays as it is, and differs by at most 2 % and half a ms', () => {
  for (let ms = 0; ms < 1e15; ms = Math.ceil(ms * 1.0037 + 1)) {
    const rounded = roundDuration(ms)
    assert.equal(roundDuration(rounded), rounded)
    assert.ok(Math.abs(rounded - ms) <= 0.5 + 0.02 * ms, `${ms} became ${rounded}`)
  }
})

test('written durations are added to others', () => {
  const given = new Map([0, 20, 24, 25, 26, 8000, 31 * DAY, 1e15].map((ms, index) => [roundDuration(ms), 40 ** index]))
  const sum = new Map([[20, 1]])
  addDurations(sum, [])
  addDurations(sum, ['', writeDurations(given), '', writeDurations(given)])
  addDurations(sum, [writeDurations(new Map([[1, 1]]))])
  const expected = new Map([[1, 1], ...[...given].map(([ms, count]) => [ms, 2 * count + (ms === 20 ? 1 : 0)] as const)])
  assert.deepEqual(new Map([...sum].sort()), new Map([...expected].sort()))
})

test('percentiles are the nearest rank', () => {
  const durations = new Map([
    [30, 1],
    [10, 98],
    [20, 1],
  ])
  assert.deepEqual(percentilesOf(durations, [0.5, 0.98, 0.99, 1]), [10, 10, 20, 30])
  assert.deepEqual(percentilesOf(new Map(), [0.5]), [null])
})
