/** Helpers that read the pipes of a worker. */

import type { Readable } from 'node:stream'
import type { Guard } from '../../guard.ts'

/** More than the pipes of one worker can hold. */
const MAX_BYTES = 1024 * 1024

/**
 * Calls `done` once the output that a run wrote before it ended has been read. The pipes are separate, so the message about
 * the end may be read before the output. The output is in the pipes by then: if one whole poll phase reads nothing, nothing
 * is left. Threads of a reused process may write for ever; after MAX_BYTES, everything from before the end has been read.
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

/** Calls `onData` with each chunk of a pipe. A broken pipe also ends, and its end is handled. */
export function readPipe(pipe: Readable, guarded: Guard, onData: (chunk: Buffer) => void): void {
  pipe.on('data', guarded(onData)).on('error', () => {})
}
