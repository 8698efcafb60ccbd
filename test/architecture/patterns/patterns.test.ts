/** No pattern takes quadratic time for a text from outside, unless the text is short. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCEPTED } from './accepted.ts'
import { findPatterns } from './extract.ts'
import { hashOf, readSafe, written } from './safe.ts'

const patterns = findPatterns()

test('recheck calls each pattern linear, or its input has a bound that makes it harmless', () => {
  const safe = readSafe()
  const wrong = patterns.filter((pattern) => !ACCEPTED.has(written(pattern)) && !safe.has(hashOf(written(pattern))))
  assert.deepEqual(
    wrong.map((pattern) => `${pattern.place} ${written(pattern)}`),
    [],
    'run node scripts/judge-patterns.ts; rewrite what is not safe, or name the bound of its input in accepted.ts',
  )
})

test('patterns are found in scripts and in Python, also where they are put together', () => {
  assert.ok(patterns.length > 700)
  assert.ok(patterns.some(({ place }) => place.endsWith('.py') || /\.py:\d+$/.test(place)))
  assert.ok(patterns.some(({ source }) => source.startsWith('^[!#$%&')))
})

test('each accepted pattern is still in use', () => {
  const used = new Set(patterns.map(written))
  assert.deepEqual(
    [...ACCEPTED.keys()].filter((text) => !used.has(text)),
    [],
  )
})
