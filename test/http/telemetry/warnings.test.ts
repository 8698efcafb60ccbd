import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWarn } from '../../../src/http/telemetry/warnings.ts'

test('a collector that is away is one line in a minute, which says how many were left out', () => {
  const lines: unknown[] = []
  let now = 0
  const warn = createWarn({ warn: (facts: unknown) => void lines.push(facts) }, () => now)
  for (let second = 0; second < 150; second += 5) {
    now = second * 1000
    warn('ECONNREFUSED')
  }
  assert.deepEqual(lines, [
    { otlp: 'ECONNREFUSED', leftOut: 0 },
    { otlp: 'ECONNREFUSED', leftOut: 11 },
    { otlp: 'ECONNREFUSED', leftOut: 11 },
  ])
})
