/** Stops runs whose processes together hold more memory than one run may. */

import { proportionalBytes, residentBytes } from '../sandbox/processes.ts'
import type { Worker } from '../worker/worker.ts'

const INTERVAL_MS = 100
/** A run of many processes may not take more than this part of the server's time for being looked at. */
const SHARE = 1 / 20

/**
 * Looks at every run that has lasted a while. A single process is bounded by its own limit; this catches many
 * processes together, and memory that is no allocation. One timer for all runs, and none while there are none.
 */
export class MemoryWatch {
  readonly #workers: () => Iterable<Worker>
  /** From when on a worker is looked at again. */
  readonly #due = new WeakMap<Worker, number>()
  /** One at a time: each keeps a thread busy that files and names need, too. */
  #isSharing = false
  #timer: NodeJS.Timeout | null = null

  constructor(workers: () => Iterable<Worker>) {
    this.#workers = workers
  }

  /** A run begins. */
  wake(): void {
    this.#timer ??= setInterval(() => this.#look(), INTERVAL_MS).unref()
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
      if (worker.busySince < now - INTERVAL_MS && (this.#due.get(worker) ?? 0) <= now) void this.#check(worker, now)
    }
    if (busy === 0) this.close()
  }

  async #check(worker: Worker, began: number): Promise<void> {
    const { busySince } = worker
    const pids = worker.listRunProcesses()
    const limit = worker.memoryBytes + worker.templateBytes
    const quick = pids.reduce((total, pid) => total + residentBytes(pid), 0)
    const looked = performance.now()
    this.#due.set(worker, looked + (looked - began) / SHARE)
    if (quick <= limit || this.#isSharing) return
    // Forked processes share pages, which the quick sum counts once for each.
    this.#isSharing = true
    const bytes = await sumOfShares(pids, limit)
    this.#isSharing = false
    // As long as it took, it is the turn of others.
    this.#due.set(worker, 2 * performance.now() - looked)
    if (bytes <= limit || worker.busySince !== busySince) return
    worker.peakBytes = Math.max(worker.peakBytes, bytes)
    worker.kill('memory')
  }
}

/** One after the other, and no further than to the limit. */
async function sumOfShares(pids: readonly number[], limit: number): Promise<number> {
  let total = 0
  for (const pid of pids) {
    total += await proportionalBytes(pid)
    if (total > limit) break
  }
  return total
}
