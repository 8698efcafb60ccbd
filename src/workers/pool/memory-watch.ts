/** Stops runs whose processes together use more memory than their limit. */

import { guard } from '../../guard.ts'
import { proportionalBytes, residentBytes } from '../sandbox/processes.ts'
import { MAX_DESCRIPTORS } from '../worker/failures.ts'
import type { Worker } from '../worker/worker.ts'

const guarded = guard('the watch of memory')

const INTERVAL_MS = 100
/** The largest share of the server's time that measuring one run may take. */
const SHARE = 1 / 20

/**
 * Measures every run that takes longer than 100 ms. The kernel limits the allocations of each process; this class also limits
 * the sum over many processes, mapped memory that is not allocated, and what the kernel holds for the run. All runs share one timer, which stops without runs.
 */
export class MemoryWatch {
  readonly #workers: () => Iterable<Worker>
  /** When a worker may be measured again, by `performance.now()`. */
  readonly #due = new WeakMap<Worker, number>()
  /** Only one exact measurement runs at a time: it blocks a thread that file access and name resolution need too. */
  #isSharing = false
  #timer: NodeJS.Timeout | null = null

  constructor(workers: () => Iterable<Worker>) {
    this.#workers = workers
  }

  /** Starts the timer. To be called when a run begins. */
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
    // Forked processes share pages, and the quick sum counts a shared page once per process.
    this.#isSharing = true
    const bytes = await sumOfShares(pids, limit, hidden.bytes).finally(() => {
      this.#isSharing = false
    })
    // Other runs get the next turn, for as long as this measurement took.
    this.#due.set(worker, 2 * performance.now() - looked)
    if (bytes <= limit || worker.busySince !== busySince) return
    worker.peakBytes = Math.max(worker.peakBytes, bytes)
    worker.kill('memory')
  }
}

/** What the processes of the current run of a worker hold now, in bytes. Pages that they share count for each. */
export function heldBy(worker: Worker): number {
  return worker.listRunProcesses().reduce((total, pid) => total + residentBytes(pid), 0)
}

/** Adds the proportional memory of the processes to `hidden`, and stops as soon as the sum exceeds the limit. */
async function sumOfShares(pids: readonly number[], limit: number, hidden: number): Promise<number> {
  let total = hidden
  for (const pid of pids) {
    total += await proportionalBytes(pid)
    if (total > limit) break
  }
  return total
}
