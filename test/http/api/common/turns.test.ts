import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../../../src/errors.ts'
import { createTurns } from '../../../../src/http/api/common/turns.ts'

test('Y02 calls of one principal come one after the other, those of others beside them, and a sixth is refused', async () => {
  const turns = createTurns('searches')
  const running: string[] = []
  const open = Promise.withResolvers<void>()
  const call = (principal: string) =>
    turns(principal, async () => {
      running.push(principal)
      await open.promise
      running.splice(running.indexOf(principal), 1)
    })
  const calls = ['a', 'a', 'a', 'a', 'a', 'b'].map(call)
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(running, ['a', 'b'])
  await assert.rejects(call('a'), (error) => error instanceof UserError && error.code === 'too_many_requests')
  open.resolve()
  await Promise.all(calls)
  await call('a')
})

test('a call that fails does not hold up the next', async () => {
  const turns = createTurns('searches')
  const failed = turns('a', () => Promise.reject(new Error('no')))
  const next = turns('a', async () => 'done')
  await assert.rejects(failed, /no/)
  assert.equal(await next, 'done')
})
