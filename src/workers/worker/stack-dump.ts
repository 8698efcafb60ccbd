/** Asks a process for the stack of each thread, between its time limit and its end. */

import { guard } from '../../guard.ts'
import { ChunkList } from './chunk-list.ts'

const guarded = guard('a worker')

/** Longest wait for the answer: on a loaded machine the process may get no CPU for a while. */
const PATIENCE_MS = 500
/**
 * faulthandler writes many small chunks. After a pause this long, the answer is complete. Between two of them a process waited more than
 * 20 ms for its processor, where 14 others wanted one.
 */
const QUIET_MS = 100
const MAX_BYTES = 256 * 1024

/** One request for stacks. It signals the process at once and collects what the process answers. */
export class StackDump {
  readonly #done: () => void
  readonly #chunks = new ChunkList()
  #timer: NodeJS.Timeout
  readonly #end: number

  /** `pid`: the process to ask, undefined if there is none. `done` is called once, when the answer is complete or late. */
  constructor(pid: number | undefined, done: () => void) {
    this.#done = done
    this.#end = performance.now() + PATIENCE_MS
    this.#timer = guarded.setTimeout(done, pid === undefined || !signal(pid) ? 0 : PATIENCE_MS)
  }

  /** Takes bytes from descriptor 3. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk.subarray(0, MAX_BYTES - this.#chunks.length))
    clearTimeout(this.#timer)
    const left = this.#chunks.length < MAX_BYTES ? this.#end - performance.now() : 0
    this.#timer = guarded.setTimeout(this.#done, Math.max(0, Math.min(QUIET_MS, left)))
  }

  /** Stops waiting; `done` is not called any more. */
  close(): void {
    clearTimeout(this.#timer)
  }

  /** What came so far, as text. */
  get text(): string {
    return this.#chunks.peek(MAX_BYTES).toString('utf8')
  }
}

/** Returns false if there is no such process. If the pid was reused, SIGURG is ignored by default, so it does no harm. */
function signal(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGURG')
  } catch {
    return false
  }
}
