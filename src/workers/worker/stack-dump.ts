/** The moment between a run's time limit and its end: its process is asked where each of its threads stands. */

import { ChunkList } from './chunk-list.ts'

/** Longest wait for the answer: a machine under load takes a while to give the process its turn. */
const PATIENCE_MS = 500
/** It is written in many small pieces; so long after the last one it is whole. */
const QUIET_MS = 20
const MAX_BYTES = 256 * 1024

export class LastLook {
  readonly #done: () => void
  readonly #pieces = new ChunkList()
  #timer: NodeJS.Timeout
  readonly #end: number

  /** `pid`: which process to ask, if it still lives; `done` is called once there is nothing more to wait for. */
  constructor(pid: number | undefined, done: () => void) {
    this.#done = done
    this.#end = performance.now() + PATIENCE_MS
    this.#timer = setTimeout(done, pid === undefined || !signal(pid) ? 0 : PATIENCE_MS)
  }

  push(chunk: Buffer): void {
    this.#pieces.push(chunk.subarray(0, MAX_BYTES - this.#pieces.length))
    clearTimeout(this.#timer)
    const left = this.#pieces.length < MAX_BYTES ? this.#end - performance.now() : 0
    this.#timer = setTimeout(this.#done, Math.max(0, Math.min(QUIET_MS, left)))
  }

  /** Stops waiting. */
  close(): void {
    clearTimeout(this.#timer)
  }

  get text(): string {
    return this.#pieces.peek(MAX_BYTES).toString('utf8')
  }
}

/** Should this number be another process's by now: who does not handle this signal does not notice it. */
function signal(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGURG')
  } catch {
    return false
  }
}
