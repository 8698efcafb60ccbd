import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDecisions } from '../../../src/domain/decisions/policy.ts'

test('decisions are kept for four years unless the workflow says otherwise', () => {
  assert.equal(parseDecisions(null), null)
  assert.deepEqual(parseDecisions({}), { keep_days: 1460 })
  assert.deepEqual(parseDecisions({ outcomes: ['a'], keep_days: 30 }), { outcomes: ['a'], keep_days: 30 })
})
