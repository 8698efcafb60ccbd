import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClock } from '../../../src/store/servers/clock.ts'

const LATE_MS = 60_000

test('a thread that waits between two reads of the time does not make the shared clock late', () => {
  let reads = 0
  const clock = () => {
    reads += 1
    return performance.now() - (reads === 1 ? LATE_MS : 0)
  }
  const before = performance.now()
  assert.ok(createClock(clock, 1000).sharedNow() > before - LATE_MS / 2)
})
