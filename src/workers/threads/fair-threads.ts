/** Threads that workflows share in turns. */

import { Piscina } from 'piscina'

export type FairThreadsOptions = {
  /** The module of the threads. */
  readonly module: URL
  /** A task that takes longer ends with its thread. */
  readonly maxRunMs: number
}

type Work<Task> = {
  /** Owners take turns. */
  readonly owner: string
  /** The function of the module that does the task. */
  readonly does: string
  readonly task: Task
  /** The task belongs to a run that was admitted, so it is not refused when many wait. */
  readonly isOwed?: boolean
}

export type FairThreads<Task, Result> = {
  /** Throws a `ThreadError`. */
  run(work: Work<Task>): Promise<Result>
  /** Ends the threads and rejects what waits. */
  close(): Promise<void>
}

/** Why there is no result. */
export class ThreadError extends Error {
  readonly reason: 'full' | 'timeout' | 'failed'
  constructor(reason: ThreadError['reason'], cause?: unknown) {
    super(`A thread returned no result: ${reason}.`, { cause })
    this.reason = reason
  }
}

/** Each owner has one at most, so that a task of another one starts immediately while one owner sends many. */
const THREADS = 2
/** Each waiting task holds a body. */
const MAX_WAITING = 100
const MAX_WAITING_EACH = 25
const MAX_HEAP_MIB = 1024
/** A thread that has nothing to do ends after this time. */
const IDLE_MS = 30_000

type Entry = { readonly start: () => void; readonly reject: (error: ThreadError) => void }

/** The threads start with the first task. */
export function createFairThreads<Task, Result>(options: FairThreadsOptions): FairThreads<Task, Result> {
  let pool: Piscina<Task, Result> | null = null
  let isClosed = false
  /** Owners in the order of their turns, each with what waits. */
  const queues = new Map<string, Entry[]>()
  const running = new Set<string>()
  let waiting = 0

  const startNext = () => {
    for (const [owner, entries] of queues) {
      if (running.size >= THREADS) return
      if (running.has(owner)) continue
      const [next, ...others] = entries
      queues.delete(owner)
      if (others.length > 0) queues.set(owner, others)
      waiting -= 1
      running.add(owner)
      next?.start()
    }
  }
  const perform = async ({ owner, does, task }: Work<Task>): Promise<Result> => {
    pool ??= createPool<Task, Result>(options)
    try {
      return await pool.run(task, { name: does, signal: AbortSignal.timeout(options.maxRunMs) })
    } catch (error) {
      const isTimeout = error instanceof Error && error.name === 'AbortError'
      throw new ThreadError(isTimeout ? 'timeout' : 'failed', error)
    } finally {
      running.delete(owner)
      startNext()
    }
  }
  return {
    run(work) {
      const { owner, isOwed = false } = work
      const entries = queues.get(owner) ?? []
      const isFull = !isOwed && (waiting >= MAX_WAITING || entries.length >= MAX_WAITING_EACH)
      if (isClosed || isFull) return Promise.reject(new ThreadError(isClosed ? 'failed' : 'full'))
      return new Promise<Result>((resolve, reject) => {
        const start = () => void perform(work).then(resolve, reject)
        entries.push({ start, reject })
        queues.set(owner, entries)
        waiting += 1
        startNext()
      })
    },
    async close() {
      isClosed = true
      for (const { reject } of [...queues.values()].flat()) reject(new ThreadError('failed'))
      queues.clear()
      await pool?.destroy()
    },
  }
}

const createPool = <Task, Result>({ module }: FairThreadsOptions) =>
  new Piscina<Task, Result>({
    filename: module.href,
    minThreads: 0,
    maxThreads: THREADS,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
  })
