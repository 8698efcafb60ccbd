/** Reading the pipes of a worker. */

import type { Readable, Writable } from 'node:stream'

/** More than the pipes of one worker hold. */
const MAX_BYTES = 1024 * 1024

/**
 * Calls back once nothing more comes. The pipes are separate, so what a run wrote before it ended may be read after the
 * news that it ended. All of it is in the pipes by then: one whole poll phase that brings nothing means nothing is left.
 * A process that is kept may have threads that write for ever: what they wrote before the news is read by then, too.
 */
export function whenQuiet(bytesSeen: () => number, done: () => void): void {
  const first = bytesSeen()
  let seen = -1
  const check = () => {
    const now = bytesSeen()
    if (now === seen || now - first > MAX_BYTES) {
      done()
      return
    }
    seen = now
    setImmediate(check)
  }
  setImmediate(check)
}

export function listen(stream: Readable | Writable | null | undefined, onData: (chunk: Buffer) => void): void {
  if (!stream || !('read' in stream)) throw new Error('a worker was started without its pipes')
  stream.on('data', onData)
  stream.on('error', ignore)
}

/** A pipe that breaks says so by its end, too. */
export function ignore(): void {}
