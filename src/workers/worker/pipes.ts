import type { Readable } from 'node:stream'
import type { Guard } from '../../guard.ts'

/** Exceeds the capacity of a worker's pipes. */
const MAX_BYTES = 1024 * 1024

/**
 * Another pipe reports the run's end. A whole poll phase without input means that no earlier output is left. Threads of
 * a reused process may write forever, hence MAX_BYTES.
 */
export function whenQuiet(bytesSeen: () => number, guarded: Guard, done: () => unknown): void {
  const first = bytesSeen()
  let seen = -1
  const check = () => {
    const now = bytesSeen()
    if (now === seen || now - first > MAX_BYTES) {
      done()
      return
    }
    seen = now
    guarded.setImmediate(check)
  }
  guarded.setImmediate(check)
}

export function readPipe(pipe: Readable, guarded: Guard, onData: (chunk: Buffer) => void): void {
  pipe.on('data', guarded(onData)).on('error', () => {})
}
