/**
 * Reports each hold of the event loop: `--import` loads it into the process that a test started.
 *
 * A hold is one turn of the loop that takes more than `MAX_HELD_MS` of processor time of the loop's own thread. Only the thread of `sampler.ts` runs during a hold. It makes this thread call
 * `takeSample`, which notes what is on the stack.
 */

import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { isMainThread, Worker } from 'node:worker_threads'
import type { Hold, Sample } from './reports.ts'

const MAX_HELD_MS = 100
/**
 * On a loaded machine a thread waits for a processor, so its next turn has more callbacks, and a busy neighbour makes
 * each of them slower. Two tests of 5,412 failed with 104 and 112 ms in this way, one after a wait of 239 ms, and one
 * with ten short callbacks of 220 ms together.
 */
const MAX_WAIT_ADDED_MS = 250
const EVERY_MS = 20
const READY = /^Workflows is ready: /m
const MAX_FRAMES = 200

// The program's own threads inherit the option.
if (isMainThread) afterReady(watch)

/** The start of the program holds the loop too, but nothing waits for it. */
function afterReady(start: () => void): void {
  const { stdout } = process
  const write = stdout.write
  stdout.write = ((...args: Parameters<typeof write>) => {
    if (READY.test(String(args[0]))) {
      stdout.write = write
      setImmediate(start)
    }
    return write.apply(stdout, args)
  }) as typeof write
}

function watch(): void {
  const reports = new URL(import.meta.url).searchParams.get('reports') ?? ''
  const looks = new Int32Array(new SharedArrayBuffer(4))
  let samples: Sample[] = []
  let last = process.threadCpuUsage()
  let lastAt = performance.now()
  const takeSample = (): void => {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = MAX_FRAMES
    const lines = new Error().stack?.split('\n') ?? []
    Error.stackTraceLimit = limit
    // The message, this function and the inspector are the first three lines.
    const stack = lines.slice(3).filter((line, index) => index === 0 || !line.includes('node:internal'))
    samples.push({ busyMs: busyMs(last), stack })
  }
  Object.defineProperty(globalThis, Symbol.for('test.takeSample'), { value: takeSample })
  setInterval(() => {
    const held = busyMs(last)
    const waited = performance.now() - lastAt - EVERY_MS - held
    const limit = MAX_HELD_MS + Math.min(Math.max(waited, 0), MAX_WAIT_ADDED_MS)
    if (held > limit) report(reports, { at: new Date().toISOString(), busyMs: held, samples })
    if (samples.length > 0) samples = []
    Atomics.add(looks, 0, 1)
    last = process.threadCpuUsage()
    lastAt = performance.now()
  }, EVERY_MS).unref()
  new Worker(new URL('./sampler.ts', import.meta.url), { workerData: looks, execArgv: [] }).unref()
}

function busyMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(since)
  return Math.round((user + system) / 1000)
}

/** The test created the file, so that a program of another user can write it. */
function report(file: string, hold: Hold): void {
  const descriptor = openSync(file, constants.O_WRONLY | constants.O_APPEND)
  writeSync(descriptor, `${JSON.stringify(hold)}\n`)
  closeSync(descriptor)
}
