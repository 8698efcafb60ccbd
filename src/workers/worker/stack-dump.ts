import { guard } from '../../guard.ts'
import { ChunkList } from './chunk-list.ts'

const guarded = guard('a worker')

const PATIENCE_MS = 500
/** faulthandler writes small chunks, with pauses over 20 ms on a busy machine. */
const QUIET_MS = 100
const MAX_BYTES = 256 * 1024

export class StackDump {
  readonly #done: () => void
  readonly #chunks = new ChunkList()
  #timer: NodeJS.Timeout
  readonly #end: number

  /** `done` is called once, when the answer is complete or late. */
  constructor(pid: number | undefined, done: () => void) {
    this.#done = done
    this.#end = performance.now() + PATIENCE_MS
    this.#timer = guarded.setTimeout(done, pid === undefined || !signal(pid) ? 0 : PATIENCE_MS)
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk.subarray(0, MAX_BYTES - this.#chunks.length))
    clearTimeout(this.#timer)
    const left = this.#chunks.length < MAX_BYTES ? this.#end - performance.now() : 0
    this.#timer = guarded.setTimeout(this.#done, Math.max(0, Math.min(QUIET_MS, left)))
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  get text(): string {
    return this.#chunks.peek(MAX_BYTES).toString('utf8')
  }
}

/** SIGURG does no harm if the pid was reused. */
function signal(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGURG')
  } catch {
    return false
  }
}
