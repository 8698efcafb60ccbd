import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commonPart, nextAttemptAt } from '../../../src/domain/runs/retries.ts'

test('the wait doubles with each attempt, ends at an hour, and chance takes away up to half of it', () => {
  const waits = (random: number) =>
    Array.from({ length: 11 }, (_, index) => nextAttemptAt({ count: 10, backoff_seconds: 10 }, index + 1, 0, random))
  assert.deepEqual(waits(0).slice(0, 4), [10_000, 20_000, 40_000, 80_000])
  assert.deepEqual(waits(1).slice(0, 4), [5000, 10_000, 20_000, 40_000])
  assert.deepEqual(waits(0).slice(8), [2_560_000, 3_600_000, null])
  assert.equal(nextAttemptAt({ count: 10, backoff_seconds: 3600 }, 10, 7, 0), 3_600_007)
})

test('no retries are none', () => {
  assert.equal(nextAttemptAt({ count: 0, backoff_seconds: 10 }, 1, 0, 0.5), null)
})

test('messages that differ by numbers, ids and times have one common part', () => {
  for (const [one, other] of [
    ['no profile 3f2a9c1e-0d4b-4a52-9c1e-0d4b4a529c1e', 'no profile aaaa9c1e-0d4b-4a52-9c1e-0d4b4a529c1f'],
    ['at 12:00:01 took 1.5 s', 'at 13:59:59 took 20 s'],
    ["KeyError: 'email'. The request has the fields name, url", "KeyError: 'email'. The request has no fields"],
    ["KeyError: 'KEY'. The settings have the keys A, B", "KeyError: 'KEY'"],
  ] as const) {
    assert.equal(commonPart(one), commonPart(other))
  }
  assert.notEqual(commonPart("KeyError: 'email'"), commonPart("KeyError: 'name'"))
})

test('a long hostile message takes no time', () => {
  for (const text of ['a-'.repeat(100_000), '1.'.repeat(100_000), 'x'.repeat(200_000)]) commonPart(text)
})
