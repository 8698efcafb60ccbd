import assert from 'node:assert/strict'
import { test } from 'node:test'
import { percentile } from '../../../../src/store/runs/read/stats.ts'

test('a percentile is one of the values, by the nearest rank', () => {
  const values = [30, 10, 20, 40]
  assert.deepEqual(
    [0, 0.25, 0.5, 0.51, 0.95, 1].map((share) => percentile(values, share)),
    [10, 10, 20, 30, 40, 40],
  )
  assert.deepEqual(values, [30, 10, 20, 40])
})

test('nothing has no percentile', () => assert.equal(percentile([], 0.5), null))
