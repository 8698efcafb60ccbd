/** Slots limit a workflow's runs on this server. */

import { stopping, UserError } from '../errors.ts'
import { guard } from '../guard.ts'

const guarded = guard('a slot')

export type Slots = {
  /**
   * First come, first served. Returns the release function. Throws UserError `busy` if no slot became free in time, and
   * `stopping`.
   */
  acquire(workflowId: string, limit: number, waitMs: number): Promise<() => void>
  tryAcquire(workflowId: string, limit: number): (() => void) | null
  full(): readonly string[]
  /** Grants slots to waiting callers if the limit has risen. */
  setLimit(workflowId: string, limit: number): void
  /** 1 if none is taken, because the limit is unknown. */
  free(workflowId: string): number
  readonly waiting: number
  close(): void
}

type Waiter = { readonly grant: () => void; readonly reject: (error: UserError) => void }
type SlotQueue = { limit: number; taken: number; readonly waiters: Set<Waiter> }

/** Each waiting caller holds its request in memory. */
const MAX_WAITING = 1000

export function createSlots(): Slots {
  const queues = new Map<string, SlotQueue>()
  let closed = false

  const queueOf = (workflowId: string, limit: number): SlotQueue => {
    const queue = queues.get(workflowId) ?? { limit, taken: 0, waiters: new Set() }
    queues.set(workflowId, queue)
    queue.limit = limit
    grantFree(queue)
    return queue
  }
  const grant = (workflowId: string, queue: SlotQueue): (() => void) => {
    queue.taken += 1
    let released = false
    return () => {
      if (released) return
      released = true
      queue.taken -= 1
      grantFree(queue)
      if (queue.taken === 0 && queue.waiters.size === 0) queues.delete(workflowId)
    }
  }
  const tryAcquire = (workflowId: string, limit: number): (() => void) | null => {
    const queue = queueOf(workflowId, limit)
    return queue.taken < queue.limit && queue.waiters.size === 0 ? grant(workflowId, queue) : null
  }

  return {
    tryAcquire,
    async acquire(workflowId, limit, waitMs) {
      if (closed) throw stopping()
      const release = tryAcquire(workflowId, limit)
      if (release !== null) return release
      const queue = queueOf(workflowId, limit)
      if (waitMs === 0 || queue.waiters.size >= MAX_WAITING) throw busy(queue.limit, 0)
      return await waitFor(queue, waitMs, () => grant(workflowId, queue))
    },
    setLimit(workflowId, limit) {
      if (queues.has(workflowId)) queueOf(workflowId, limit)
    },
    full: () => [...queues].filter(([, queue]) => queue.taken >= queue.limit).map(([workflowId]) => workflowId),
    free(workflowId) {
      const { limit, taken } = queues.get(workflowId) ?? { limit: 1, taken: 0 }
      return limit - taken
    },
    get waiting() {
      return [...queues.values()].reduce((sum, { waiters }) => sum + waiters.size, 0)
    },
    close() {
      closed = true
      for (const queue of queues.values()) for (const waiter of queue.waiters) waiter.reject(stopping())
    },
  }
}

function grantFree(queue: SlotQueue): void {
  for (const waiter of queue.waiters) {
    if (queue.taken >= queue.limit) return
    waiter.grant()
  }
}

function waitFor(queue: SlotQueue, waitMs: number, grant: () => () => void): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      queue.waiters.delete(waiter)
    }
    const waiter: Waiter = {
      grant: () => {
        end()
        resolve(grant())
      },
      reject: (error) => {
        end()
        reject(error)
      },
    }
    const timer = guarded.setTimeout(() => waiter.reject(busy(queue.limit, waitMs)), waitMs)
    queue.waiters.add(waiter)
  })
}

export const busy = (limit: number, waitMs: number): UserError =>
  new UserError(
    'busy',
    `All ${limit} slot(s) of this workflow stayed busy for ${waitMs / 1000} s. Call again later, or raise its max_concurrency.`,
    { retryAfterSeconds: 5 },
  )
