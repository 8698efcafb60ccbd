import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBodyBudget } from '../../../src/http/wire/read-body.ts'

test('H52 bodies together take only so much, and what is given back can be taken again', () => {
  const budget = createBodyBudget({ total: 10, perWorkflow: 10 }).shareOf('wf_1')
  budget.take(6)
  assert.throws(() => budget.take(5), { code: 'unavailable', status: 503 })
  budget.take(4)
  budget.release(6)
  budget.take(6)
  assert.throws(() => budget.take(1), { code: 'unavailable' })
})

test('Y11 the bodies of one workflow take at most its share', () => {
  const budget = createBodyBudget({ total: 20, perWorkflow: 10 })
  const [one, two, three] = ['wf_1', 'wf_2', 'wf_3'].map((id) => budget.shareOf(id))
  one?.take(10)
  assert.throws(() => budget.shareOf('wf_1').take(1), { code: 'unavailable', message: /^This hook/ })
  two?.take(9)
  assert.throws(() => three?.take(2), { code: 'unavailable', message: /^The server/ })
  one?.release(10)
  three?.take(2)
})
