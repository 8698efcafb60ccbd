import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coverTime, mergeRanges, SPANS } from '../../../src/domain/runs/run-counts.ts'

const [MINUTE, TEN_MINUTES, HOUR, DAY] = SPANS

test('a time is covered once, by the longest spans', () => {
  const [from, to] = [DAY - HOUR - 2 * TEN_MINUTES - MINUTE, 3 * DAY + HOUR]
  assert.deepEqual(coverTime(from, to), [
    { span: MINUTE, from, to: from + MINUTE },
    { span: TEN_MINUTES, from: from + MINUTE, to: DAY - HOUR },
    { span: HOUR, from: DAY - HOUR, to: DAY },
    { span: DAY, from: DAY, to: 3 * DAY },
    { span: HOUR, from: 3 * DAY, to },
  ])
})

test('ranges of neighboring bars become one range, and a gap or another span ends it', () => {
  const bars = [0, 1, 2].flatMap((bar) => coverTime(5 * HOUR + bar * DAY, 5 * HOUR + (bar + 1) * DAY))
  assert.deepEqual(mergeRanges(bars), [{ span: HOUR, from: 5 * HOUR, to: 5 * HOUR + 3 * DAY }])
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
