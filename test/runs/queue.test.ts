/** How many queued runs one server executes at once. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import type { Run } from '../../src/domain/runs/run.ts'
import { createQueue } from '../../src/runs/queue.ts'
import { createSlots } from '../../src/runs/slots.ts'
import { until } from '../helpers/workflows.ts'

test('a server executes as many queued runs at once as its operator says, and takes another when one has ended', async () => {
  const admitted: (() => void)[] = []
  let claimed = 0
  const queue = createQueue({
    store: {
      runs: {
        claim: async () => {
          claimed += 1
          return claimed > 5 ? [] : [{ id: `run_${claimed}`, workflowId: `wf_${claimed}` } as Run]
        },
      },
    },
    slots: createSlots(),
    atOnce: 2,
    held: () => [],
    log: pino({ level: 'silent' }),
    now: Date.now,
    admit: (_run, onSlot) => {
      onSlot()
      return new Promise((done) => admitted.push(done))
    },
    isOpen: () => true,
  })
  queue.wake()
  await until(async () => admitted.length === 2)
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate)
  assert.equal(admitted.length, 2)
  admitted[0]?.()
  await until(async () => admitted.length === 3)
  const closed = queue.close()
  for (const end of admitted) end()
  await closed
})

test('the next run of a workflow is claimed when the last one has its slot, and stays queued while all are taken', async () => {
  const slots = createSlots()
  const started: (() => void)[] = []
  const ends: (() => void)[] = []
  let claimed = 0
  const queue = createQueue({
    store: {
      runs: {
        claim: async (_count, _now, excluded) => {
          if (excluded.includes('wf')) return []
          claimed += 1
          return [{ id: `run_${claimed}`, workflowId: 'wf' } as Run]
        },
      },
    },
    slots,
    atOnce: 32,
    held: () => [],
    log: pino({ level: 'silent' }),
    now: Date.now,
    async admit(_run, onSlot) {
      await new Promise<void>((done) => started.push(done))
      const release = await slots.acquire('wf', 2, 60_000)
      onSlot()
      await new Promise<void>((done) => ends.push(done))
      release()
    },
    isOpen: () => true,
  })
  const turns = async () => {
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate)
  }
  queue.wake()
  await turns()
  assert.equal(claimed, 1)
  started[0]?.()
  await turns()
  assert.equal(claimed, 2)
  started[1]?.()
  await turns()
  assert.deepEqual([claimed, ends.length], [2, 2])
  ends[0]?.()
  await turns()
  assert.equal(claimed, 3)
  const closed = queue.close()
  started[2]?.()
  await turns()
  for (const end of ends) end()
  await closed
})
