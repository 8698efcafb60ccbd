/** Stops runs whose processes together hold more memory than one run may. */

import { proportionalBytes, residentBytes } from './processes.ts'
import type { Worker } from './worker.ts'

const INTERVAL_MS = 100

/**
 * Looks at every run that has lasted a while. A single process is bounded by its own limit; this catches many
 * processes together, and memory that is no allocation. One timer for all runs, and none while there are none.
 */
export class MemoryWatch {
  readonly #workers: () => Iterable<Worker>
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
    const before = performance.now() - INTERVAL_MS
    for (const worker of this.#workers()) {
      if (worker.busySince === null) continue
      busy += 1
      if (worker.busySince < before) check(worker)
    }
    if (busy === 0) this.close()
  }
}

function check(worker: Worker): void {
  const pids = worker.listRunProcesses()
  const limit = worker.memoryBytes + worker.templateBytes
  if (sum(pids, residentBytes) <= limit) return
  // Forked processes share pages, which the quick sum counts once for each.
  const bytes = sum(pids, proportionalBytes)
  worker.peakBytes = Math.max(worker.peakBytes, bytes)
  if (bytes > limit) worker.kill('memory')
}

function sum(pids: readonly number[], measure: (pid: number) => number): number {
  return pids.reduce((total, pid) => total + measure(pid), 0)
}
