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
      claimRuns: async () => {
        claimed += 1
        return claimed > 5 ? [] : [{ id: `run_${claimed}`, workflowId: `wf_${claimed}` } as Run]
      },
    },
    slots: createSlots(),
    atOnce: 2,
    held: () => [],
    log: pino({ level: 'silent' }),
    now: Date.now,
    admit: () => new Promise((done) => admitted.push(done)),
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
