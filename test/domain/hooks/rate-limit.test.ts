import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Bucket, takeCall } from '../../../src/domain/hooks/rate-limit.ts'
import { SEED } from '../../helpers/seed.ts'

test('a full bucket lets a burst through, then one call at a time, and says how long to wait', () => {
  const limit = { calls: 3, per_seconds: 60 }
  let bucket: Bucket | undefined
  const call = (now: number): number => {
    const taken = takeCall(bucket, limit, now)
    bucket = taken.bucket
    return taken.waitSeconds
  }
  assert.deepEqual([call(0), call(0), call(0), call(0)], [0, 0, 0, 20])
  assert.equal(call(10_000), 10)
  assert.equal(call(20_000), 0)
  assert.equal(call(20_000), 20)
  assert.deepEqual([call(1e9), call(1e9), call(1e9), call(1e9)], [0, 0, 0, 20])
})

test('a call passes after the wait that was named, whatever the fractions', () => {
  const limit = { calls: 1, per_seconds: 22 }
  const { bucket } = takeCall(takeCall(undefined, limit, 0).bucket, limit, 0)
  assert.equal(takeCall(bucket, limit, 22_000).waitSeconds, 0)
})

test('in no window do more calls pass than a burst and what fills up meanwhile', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 60 }),
      steps,
      (calls, per_seconds, waits) => {
        let bucket: Bucket | undefined
        let now = 0
        let passed = 0
        for (const wait of waits) {
          now += wait
          const taken = takeCall(bucket, { calls, per_seconds }, now)
          bucket = taken.bucket
          if (taken.waitSeconds === 0) passed += 1
          else assert.equal(takeCall(bucket, { calls, per_seconds }, now + taken.waitSeconds * 1000).waitSeconds, 0)
        }
        assert.ok(passed <= calls + (now / 1000 / per_seconds) * calls + 1e-6)
      },
    ),
    { seed: SEED },
  )
})
