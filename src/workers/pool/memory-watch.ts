import { guard } from '../../guard.ts'
import { proportionalBytes, residentBytes } from '../sandbox/process/processes.ts'
import { MAX_DESCRIPTORS } from '../worker/failures.ts'
import type { Worker } from '../worker/worker.ts'

const guarded = guard('the watch of memory')

const INTERVAL_MS = 100
const SHARE = 1 / 20

/** The kernel limits each process. This class limits the sum with mapped pages and kernel memory. */
export class MemoryWatch {
  readonly #workers: () => Iterable<Worker>
  /** By `performance.now()`. */
  readonly #due = new WeakMap<Worker, number>()
  /** A measurement blocks a libuv thread, which file access and name resolution need. */
  #isSharing = false
  #timer: NodeJS.Timeout | null = null

  constructor(workers: () => Iterable<Worker>) {
    this.#workers = workers
  }

  wake(): void {
    this.#timer ??= guarded.setInterval(() => this.#look(), INTERVAL_MS).unref()
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  #look(): void {
    let busy = 0
    for (const worker of this.#workers()) {
      if (worker.busySince === null) continue
      busy += 1
      const now = performance.now()
      const isDue = worker.busySince < now - INTERVAL_MS && (this.#due.get(worker) ?? 0) <= now
      if (isDue) guarded.start(() => this.#check(worker, now))
    }
    if (busy === 0) this.close()
  }

  async #check(worker: Worker, began: number): Promise<void> {
    const { busySince } = worker
    const pids = worker.listRunProcesses()
    const limit = worker.memoryBytes + worker.idleBytes
    const hidden = worker.processes.measureHidden(pids)
    const quick = pids.reduce((total, pid) => total + residentBytes(pid), hidden.bytes)
    const looked = performance.now()
    this.#due.set(worker, looked + (looked - began) / SHARE)
    if (hidden.descriptors > MAX_DESCRIPTORS) return worker.kill('descriptors')
    if (quick <= limit || this.#isSharing) return
    // The fast sum counts a shared page once per process.
    this.#isSharing = true
    const bytes = await sumOfShares(pids, limit, hidden.bytes).finally(() => {
      this.#isSharing = false
    })
    this.#due.set(worker, 2 * performance.now() - looked)
    if (bytes <= limit || worker.busySince !== busySince) return
    worker.peakBytes = Math.max(worker.peakBytes, bytes)
    worker.kill('memory')
  }
}

/** Shared pages count once per process. */
export function heldBy(worker: Worker): number {
  return worker.listRunProcesses().reduce((total, pid) => total + residentBytes(pid), 0)
}

async function sumOfShares(pids: readonly number[], limit: number, hidden: number): Promise<number> {
  let total = hidden
  for (const pid of pids) {
    total += await proportionalBytes(pid)
    if (total > limit) break
  }
  return total
}
