/** A thread that kills its own process after so many milliseconds: the main thread may be inside a commit. */

import { parentPort } from 'node:worker_threads'

const cell = new Int32Array(new SharedArrayBuffer(4))
parentPort?.on('message', (delayMs: number) => {
  Atomics.wait(cell, 0, 0, delayMs)
  process.kill(process.pid, 'SIGKILL')
})
