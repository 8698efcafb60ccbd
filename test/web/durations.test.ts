import assert from 'node:assert/strict'
import { test } from 'node:test'
import { duration } from '../../web/src/lib/numbers.ts'

test('a duration has at most two units', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0.01, '<0.1 ms'],
    [0.84, '0.8 ms'],
    [38.2, '38 ms'],
    [1234, '1.2 s'],
    [185_000, '3 min 5 s'],
    [119_700, '2 min 0 s'],
    [2 * 3_600_000 + 5 * 60_000, '2 h 5 min'],
    [90 * 86_400_000 + 3_600_000, '90 d 1 h'],
  ]
  for (const [ms, text] of cases) assert.equal(duration(ms), text)
})
