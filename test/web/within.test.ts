import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secondsOf, withinOf } from '../../web/src/features/decisions/within.ts'

test('a time to decide is read in seconds, and written in the largest unit that fits', () => {
  const cases: readonly (readonly [string, number | null, string | null])[] = [
    ['7d', 604_800, '7d'],
    ['2w', 1_209_600, '14d'],
    ['1.5d', 129_600, '36h'],
    ['90s', 90, '90s'],
    ['90m', 5400, '90m'],
    ['', null, null],
    ['soon', null, null],
  ]
  for (const [within, seconds, written] of cases) {
    assert.equal(secondsOf(within), seconds)
    if (seconds !== null) assert.equal(withinOf(seconds), written)
  }
})
