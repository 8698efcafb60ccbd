/** The pipes of a worker are separate, so what came last may be read first. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { SandboxProcess } from '../../../src/workers/sandbox/sandbox-process.ts'
import { CallLog } from '../../../src/workers/worker/calls.ts'
import { encodeFrame } from '../../../src/workers/worker/frames.ts'
import { LogCollector } from '../../../src/workers/worker/log-collector.ts'
import { Worker } from '../../../src/workers/worker/worker.ts'

const MESSAGE = { header: {}, parts: [] }
const ENDED = { type: 'ended', exit: 0, signal: null, peak: 1 }

test('a worker whose answer is read after the end of its process serves the next run', async () => {
  const { worker, control, results, ended } = startWorker()
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
  const { worker, control, ended } = startWorker()
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

/** A worker that has loaded, and whose pipes hold what a test writes. */
function startWorker() {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
  const exit = once(child, 'exit').then(([code, signal]) =>
    signal === null ? `exit code ${code}` : `signal ${signal}`,
  )
  const pipes = {
    jobs: new PassThrough().resume(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    results: new PassThrough(),
    control: new PassThrough(),
  }
  const { jobs: _, ...readable } = pipes
  void exit.then(() => Object.values(readable).forEach((pipe) => void pipe.end()))
  const root = { pid: child.pid, exit, kill: () => void child.kill('SIGKILL'), parent: process.pid }
  const { promise: ended, resolve: onExit } = Promise.withResolvers<unknown>()
  const traits = { hasNamespaces: true, isNode: false, hasMachineEnded: () => false }
  const worker = new Worker(new SandboxProcess('one', root, pipes), traits, { onIdle: () => {}, onExit })
  const control = (header: object) => void pipes.control.write(encodeFrame(header, []))
  control({ type: 'booted' })
  return { worker, control, results: (header: object) => void pipes.results.write(encodeFrame(header, [])), ended }
}

function runOn(worker: Worker) {
  const collector = new LogCollector({ maxBytes: 1000 })
  const options = { collector, calls: new CallLog(), timeoutMs: 60_000, reuse: false, memoryBytes: 1 << 30 }
  return worker.run(MESSAGE, options)
}
