import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newWorkflow, parseFields, propertyOf } from '../../../src/domain/workflows/fields.ts'

test('only the fields that were sent are returned, by property and with their defaults filled in', () => {
  const fields = parseFields({ timeout_seconds: 7, retries: { count: 2 } }, 'catch')
  assert.deepEqual(fields, { timeoutSeconds: 7, retries: { count: 2, backoff_seconds: 10 } })
})

test('a field of the other kind is refused, unless it is null', () => {
  assert.throws(
    () => parseFields({ rate_limit: { calls: 1, per_seconds: 1 } }, 'pull'),
    /^UserError: rate_limit: expected none on a pull workflow, which has no hook to call\.$/,
  )
  assert.throws(() => parseFields({ schedule: { every_seconds: 60 } }, 'catch'), /schedule: expected none on a catch/)
  assert.deepEqual(parseFields({ schedule: null }, 'catch'), { schedule: null })
})

test('text that a database could not return is refused at any depth', () => {
  assert.throws(() => parseFields({ description: 'a\0' }, 'catch'), /description: expected Unicode text/)
  const answer = { mode: 'async' as const, body: '\ud800' }
  assert.throws(() => parseFields({ answer }, 'catch'), /answer\.body: expected Unicode text/)
})

test('a new workflow has the defaults of its kind', () => {
  const given = { id: 'wf_1', name: 'A', hookKey: null, createdAt: 5 }
  const [hook, pull] = [
    newWorkflow({ ...given, kind: 'catch' }),
    newWorkflow({ ...given, kind: 'pull', enabled: false }),
  ]
  assert.deepEqual([hook.maxConcurrency, hook.timeoutSeconds, hook.enabled, hook.updatedAt], [10, 30, true, 5])
  assert.deepEqual([pull.maxConcurrency, pull.timeoutSeconds, pull.enabled, pull.schedule], [1, 300, false, null])
})

test('the property of a field is its name in camel case', () => {
  assert.equal(propertyOf('body_limit_bytes'), 'bodyLimitBytes')
  assert.equal(propertyOf('name'), 'name')
})
