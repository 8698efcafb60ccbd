/** The pipes of a worker are separate, so what came last may be read first. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallLog } from '../../../src/workers/worker/calls.ts'
import { LogCollector } from '../../../src/workers/worker/log-collector.ts'
import type { Worker } from '../../../src/workers/worker/worker.ts'
import { startPipedWorker } from '../../helpers/piped-worker.ts'

const MESSAGE = { header: {}, parts: [] }
const ENDED = { type: 'ended', exit: 0, signal: null, peak: 1 }

test('a worker whose answer is read after the end of its process serves the next run', async () => {
  const { worker, control, results, ended } = startPipedWorker()
  for (const body of ['first', 'second']) {
    control({ type: 'ready' })
    assert.ok(worker.isIdle, body)
    const running = runOn(worker)
    control(ENDED)
    results({ type: 'result', body })
    const { result, stop } = await running
    assert.deepEqual([result?.header.body, stop], [body, null])
  }
  worker.kill('closed')
  await ended
})

test('a worker whose process ended without an answer ends', async () => {
  const { worker, control, ended } = startPipedWorker()
  control({ type: 'ready' })
  const running = runOn(worker)
  // The next process is there before the report is complete, and may have read the job.
  control(ENDED)
  control({ type: 'ready' })
  const { result } = await running
  assert.equal(result, null)
  assert.equal(worker.isIdle, false)
  await ended
})

function runOn(worker: Worker) {
  const collector = new LogCollector({ maxBytes: 1000 })
  const options = { collector, calls: new CallLog(), timeoutMs: 60_000, reuse: false, memoryBytes: 1 << 30 }
  return worker.run(MESSAGE, options)
}
