import { openThreads, type Threads } from '../../threads.ts'

export type FairThreadsOptions = {
  readonly module: URL
  readonly maxRunMs: number
}

type Work<Task> = {
  readonly owner: string
  readonly does: string
  readonly task: Task
  /** An admitted run's task, which a full queue accepts. */
  readonly isOwed?: boolean
}

export type FairThreads<Task, Result> = {
  run(work: Work<Task>): Promise<Result>
  close(): Promise<void>
}

export class ThreadError extends Error {
  readonly reason: 'full' | 'timeout' | 'failed'
  constructor(reason: ThreadError['reason'], cause?: unknown) {
    super(`A thread returned no result: ${reason}.`, { cause })
    this.reason = reason
  }
}

/** Each owner uses one thread, so another owner's task starts immediately. */
const THREADS = 2
/** Each waiting task holds a body in memory. */
const MAX_WAITING = 100
const MAX_WAITING_EACH = 25
const MAX_HEAP_MIB = 1024
const IDLE_MS = 30_000

type Entry = { readonly start: () => void; readonly reject: (error: ThreadError) => void }

export function createFairThreads<Task, Result>(options: FairThreadsOptions): FairThreads<Task, Result> {
  let pool: Threads<Task, Result> | null = null
  let isClosed = false
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
    pool ??= openThreads({ module: options.module, maxThreads: THREADS, idleMs: IDLE_MS, maxHeapMib: MAX_HEAP_MIB })
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
