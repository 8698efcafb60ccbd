import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSlots } from '../../src/runs/slots.ts'

test('callers get slots in the order in which they came', async () => {
  const slots = createSlots()
  const release = await slots.acquire('wf', 1, 1000)
  const order: number[] = []
  const later = [1, 2].map(async (number) => {
    const releaseLater = await slots.acquire('wf', 1, 1000)
    order.push(number)
    releaseLater()
  })
  assert.equal(slots.waiting, 2)
  assert.deepEqual(slots.full(), ['wf'])
  release()
  release()
  await Promise.all(later)
  assert.deepEqual(order, [1, 2])
  assert.deepEqual(slots.full(), [])
})

test('a workflow without free slots does not delay another', async () => {
  const slots = createSlots()
  await slots.acquire('busy', 1, 0)
  assert.equal(typeof (await slots.acquire('other', 1, 0)), 'function')
})

test('a caller that gets no slot in time learns how many slots there are and when to call again', async () => {
  const slots = createSlots()
  await slots.acquire('wf', 1, 0)
  await assert.rejects(
    slots.acquire('wf', 1, 10),
    (error: { code?: string; message: string; facts?: { retryAfterSeconds?: number } }) => {
      assert.equal(error.code, 'busy')
      assert.match(error.message, /^All 1 slot\(s\) .* 0\.01 s\./)
      assert.ok((error.facts?.retryAfterSeconds ?? 0) > 0)
      return true
    },
  )
  assert.equal(slots.waiting, 0)
})

test('a higher limit admits waiting callers', async () => {
  const slots = createSlots()
  await slots.acquire('wf', 1, 0)
  const waiting = slots.acquire('wf', 1, 1000)
  const third = slots.acquire('wf', 3, 1000)
  assert.equal((await Promise.all([waiting, third])).length, 2)
})

test('tryAcquire does not overtake a waiting caller', async () => {
  const slots = createSlots()
  const release = await slots.acquire('wf', 1, 0)
  const waiting = slots.acquire('wf', 1, 1000)
  assert.equal(slots.tryAcquire('wf', 1), null)
  release()
  ;(await waiting)()
  assert.equal(typeof slots.tryAcquire('wf', 1), 'function')
})

test('closing rejects all waiting callers', async () => {
  const slots = createSlots()
  await slots.acquire('wf', 1, 0)
  const waiting = slots.acquire('wf', 1, 10_000)
  slots.close()
  await assert.rejects(waiting, { code: 'stopping' })
  await assert.rejects(slots.acquire('other', 1, 0), { code: 'stopping' })
})

test('a changed limit counts at once, and only for workflows that have runs', async () => {
  const slots = createSlots()
  await slots.acquire('wf', 1, 0)
  const waiting = slots.acquire('wf', 1, 1000)
  slots.setLimit('other', 5)
  slots.setLimit('wf', 3)
  await waiting
  assert.deepEqual([slots.full(), slots.free('wf'), slots.free('other')], [[], 1, 1])
  slots.setLimit('wf', 1)
  assert.deepEqual(slots.full(), ['wf'])
})
