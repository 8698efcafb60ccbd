/** A worker without a sandbox, for tests of the order in which pipes are read. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { SandboxProcess } from '../../src/workers/sandbox/process/sandbox-process.ts'
import { encodeFrame } from '../../src/workers/worker/frames.ts'
import { Worker, type WorkerEvents } from '../../src/workers/worker/worker.ts'

/** A test writes to the pipes of the booted worker. Its only process does nothing. */
export function startPipedWorker(events: Partial<WorkerEvents> = {}) {
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
  const worker = new Worker(new SandboxProcess('one', root, pipes), traits, { onIdle: () => {}, ...events, onExit })
  const control = (header: object) => void pipes.control.write(encodeFrame(header, []))
  const results = (header: object, payload = '') =>
    void pipes.results.write(encodeFrame(header, [Buffer.from(payload)]))
  control({ type: 'booted' })
  return { worker, control, results, ended }
}
