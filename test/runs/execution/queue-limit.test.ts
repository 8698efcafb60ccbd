import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createQueueLimit, MAX_QUEUED } from '../../../src/runs/execution/queue-limit.ts'

function queueOf(length: number) {
  const queue = { length, counts: 0 }
  const assertQueueFree = createQueueLimit({
    runs: {
      countQueued: async () => {
        queue.counts += 1
        return queue.length
      },
    },
  })
  return { queue, assertQueueFree }
}

const BUSY = { code: 'busy', message: /^10000 runs of this workflow are already queued/ }

test('a workflow has at most 10,000 queued runs, and few calls count them', async () => {
  const { queue, assertQueueFree } = queueOf(0)
  const call = async () => {
    await assertQueueFree('wf_1')
    queue.length += 1
  }
  for (let calls = 0; calls < MAX_QUEUED; calls += 1) await call()
  assert.ok(queue.counts < 100, `${queue.counts} counts`)
  await assert.rejects(call(), BUSY)
  queue.length -= 1
  await call()
  await assert.rejects(call(), BUSY)
})

test('each workflow has its own queue', async () => {
  const { queue, assertQueueFree } = queueOf(0)
  await assertQueueFree('wf_1')
  queue.length = MAX_QUEUED
  await assertQueueFree('wf_1')
  await assert.rejects(assertQueueFree('wf_2'), BUSY)
})
