/** The pipes of a worker are separate, so what came last may be read first. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STEP_LIMITS } from '../../../src/domain/runs/steps.ts'
import { CallLog } from '../../../src/workers/worker/calls.ts'
import { LogCollector } from '../../../src/workers/worker/log-collector.ts'
import type { RunCalls } from '../../../src/workers/worker/steps.ts'
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

test('a run that forges more requests for tokens than a part may make ends, and gets no further answer', async () => {
  const { worker, control, results, ended } = startPipedWorker()
  control({ type: 'ready' })
  let asked = 0
  const accessToken = async () => ({ error: null, token: `token ${++asked}` }) as const
  const running = runOn(worker, { accessToken, store: async () => ({ error: null }) })
  for (let turn = 1; turn <= STEP_LIMITS.tokenCalls + 1; turn += 1) results({ type: 'token', turn, name: 'ats' })
  const { result, stop } = await running
  assert.deepEqual([result, stop, asked], [null, 'closed', STEP_LIMITS.tokenCalls])
  await ended
})

test('a request for a token without a name ends the run, and one of a run that is not durable is no answer', async () => {
  for (const server of [undefined, { accessToken: NEVER, store: NEVER }]) {
    const { worker, control, results, ended } = startPipedWorker()
    control({ type: 'ready' })
    const running = runOn(worker, server)
    results({ type: 'token', turn: 1, name: 7 })
    if (server === undefined) control(ENDED)
    const { result, stop } = await running
    assert.deepEqual([result?.header.type, stop], server === undefined ? ['token', null] : [undefined, 'closed'])
    worker.kill('closed')
    await ended
  }
})

test('ST105 a run that forges a second step before the answer to the first ends, and the server keeps one at most', async () => {
  const { worker, control, results, ended } = startPipedWorker()
  control({ type: 'ready' })
  let stored = 0
  const store = () => {
    stored += 1
    return new Promise<never>(() => {})
  }
  const running = runOn(worker, { accessToken: NEVER, store })
  const step = { type: 'step', kind: 'step', status: 'done', attempts: 1, started: 1, set: {}, deleted: [] }
  for (let number = 1; number <= 10_000; number += 1)
    results({ ...step, turn: number, name: `s${number}`, number: 1 }, '1')
  const { result, stop } = await running
  assert.deepEqual([result, stop, stored], [null, 'closed', 1])
  await ended
})

test('ST105 a step that cannot be read ends the run', async () => {
  const step = { type: 'step', turn: 1, kind: 'step', name: 's', number: 1, status: 'done', attempts: 1, started: 1 }
  const forged = { ...step, set: {}, deleted: [] }
  for (const [header, payload] of [
    [{ ...forged, kind: 'other' }, '1'],
    [{ ...forged, number: 1e9 }, '1'],
    [{ ...forged, set: { a: 'no JSON' } }, '1'],
    [{ ...forged, status: 'waiting' }, '1'],
    [forged, '{'],
    [forged, `"${'x'.repeat(2 * STEP_LIMITS.resultBytes)}"`],
  ] as const) {
    const { worker, control, results, ended } = startPipedWorker()
    control({ type: 'ready' })
    const running = runOn(worker, { accessToken: NEVER, store: NEVER })
    results(header, payload)
    const { result, stop } = await running
    assert.deepEqual([result, stop], [null, 'closed'], JSON.stringify(header))
    await ended
  }
})

const NEVER = () => Promise.reject(new Error('a call of the server'))

function runOn(worker: Worker, server?: RunCalls) {
  const collector = new LogCollector({ maxBytes: 1000 })
  const options = { collector, calls: new CallLog(), timeoutMs: 600_000, reuse: false, memoryBytes: 1 << 30, server }
  return worker.run(MESSAGE, options)
}
