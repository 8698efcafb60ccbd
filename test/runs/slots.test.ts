import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSlots } from '../../src/runs/slots.ts'

test('the first to wait gets the next place', async () => {
  const places = createSlots()
  const leave = await places.acquire('wf', 1, 1000)
  const order: number[] = []
  const later = [1, 2].map(async (number) => {
    const leaveLater = await places.acquire('wf', 1, 1000)
    order.push(number)
    leaveLater()
  })
  assert.equal(places.waiting, 2)
  assert.deepEqual(places.full(), ['wf'])
  leave()
  leave()
  await Promise.all(later)
  assert.deepEqual(order, [1, 2])
  assert.deepEqual(places.full(), [])
})

test('one workflow that is full does not hold up another', async () => {
  const places = createSlots()
  await places.acquire('busy', 1, 0)
  assert.equal(typeof (await places.acquire('other', 1, 0)), 'function')
})

test('who waits in vain is told how many places there are and when to come back', async () => {
  const places = createSlots()
  await places.acquire('wf', 1, 0)
  await assert.rejects(
    places.acquire('wf', 1, 10),
    (error: { code?: string; facts?: { retryAfterSeconds?: number } }) => {
      assert.equal(error.code, 'busy')
      assert.ok((error.facts?.retryAfterSeconds ?? 0) > 0)
      return true
    },
  )
  assert.equal(places.waiting, 0)
})

test('a workflow that is given more places lets the waiting in', async () => {
  const places = createSlots()
  await places.acquire('wf', 1, 0)
  const waiting = places.acquire('wf', 1, 1000)
  const third = places.acquire('wf', 3, 1000)
  assert.equal((await Promise.all([waiting, third])).length, 2)
})

test('closing refuses everybody who waits', async () => {
  const places = createSlots()
  await places.acquire('wf', 1, 0)
  const waiting = places.acquire('wf', 1, 10_000)
  places.close()
  await assert.rejects(waiting, { code: 'stopping' })
  await assert.rejects(places.acquire('other', 1, 0), { code: 'stopping' })
})
