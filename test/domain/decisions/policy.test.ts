import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidDecision } from '../../../src/domain/decisions/decision.ts'
import { assertNotOverseen, isOverseen, parseDecisions } from '../../../src/domain/decisions/policy.ts'

const OVERSIGHT = { outcomes: ['reject'], reviewers: ['lea@example.com'] }

test('the policy has its defaults', () => {
  assert.equal(parseDecisions(null), null)
  assert.deepEqual(parseDecisions({}), { keep_days: 1460 })
  assert.deepEqual(parseDecisions({ oversight: OVERSIGHT })?.oversight, {
    ...OVERSIGHT,
    within: '7d',
    reason_required: true,
  })
})

test('an overseen outcome that the workflow does not have, and a wrong duration, are refused', () => {
  assert.throws(() => parseDecisions({ outcomes: ['invite'], oversight: OVERSIGHT }), { code: 'bad_request' })
  for (const within of ['0s', '367d', '7', 'd', '']) {
    assert.throws(() => parseDecisions({ oversight: { ...OVERSIGHT, within } }), { code: 'bad_request' }, within)
  }
})

test('only outcomes of the oversight need a person', () => {
  const policy = parseDecisions({ oversight: OVERSIGHT })
  assert.deepEqual(
    [isOverseen(policy, 'reject'), isOverseen(policy, 'invite'), isOverseen(null, 'reject')],
    [true, false, false],
  )
})

test('an outcome that looks like an overseen one is refused, in the policy and in a decision', () => {
  const policy = parseDecisions({ oversight: OVERSIGHT })
  for (const outcome of ['reject', 'Reject', ' reject', 'r\u0435ject'])
    assert.throws(() => assertNotOverseen(policy, outcome), InvalidDecision, outcome)
  for (const outcome of ['invite', 'rejected']) assertNotOverseen(policy, outcome)
  assertNotOverseen(null, 'reject')
  for (const outcomes of [
    ['reject', 'REJECT'],
    ['reject', 'reject\u200b'],
  ])
    assert.throws(() => parseDecisions({ outcomes, oversight: OVERSIGHT }), { code: 'bad_request' })
  const twice = { ...OVERSIGHT, outcomes: ['reject', 'Reject'] }
  assert.throws(() => parseDecisions({ oversight: twice }), { code: 'bad_request' })
})
