import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBodyBudget } from '../../../src/http/wire/read-body.ts'

test('H52 bodies together take only so much, and what is given back can be taken again', () => {
  const budget = createBodyBudget(10)
  budget.take(6)
  assert.throws(() => budget.take(5), { code: 'unavailable', status: 503 })
  budget.take(4)
  budget.release(6)
  budget.take(6)
  assert.throws(() => budget.take(1), { code: 'unavailable' })
})
