/** Slots: how many runs of one workflow may execute at once on this server, and which callers wait for the next one. */

import { stopping, UserError } from '../errors.ts'
import { guard } from '../guard.ts'

const guarded = guard('a slot')

export type Slots = {
  /**
   * Waits for a slot, first come first served, for at most `waitMs`. Returns the release function.
   * Throws UserError `busy` when no slot became free in time, and `stopping` when the server stops.
   */
  acquire(workflowId: string, limit: number, waitMs: number): Promise<() => void>
  /** Acquires a slot without waiting. Returns the release function, or null when no slot is free. */
  tryAcquire(workflowId: string, limit: number): (() => void) | null
  /** Ids of the workflows that have no free slot now. */
  full(): readonly string[]
  /** How many callers wait for a slot. */
  readonly waiting: number
  /** Rejects all waiting callers with UserError `stopping`, and all later ones. */
  close(): void
}

type Waiter = { readonly grant: () => void; readonly reject: (error: UserError) => void }
type SlotQueue = { limit: number; taken: number; readonly waiters: Set<Waiter> }

/** Each waiting caller holds its request in memory, so only this many may wait for one workflow. */
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
    full: () => [...queues].filter(([, queue]) => queue.taken >= queue.limit).map(([workflowId]) => workflowId),
    get waiting() {
      return [...queues.values()].reduce((sum, { waiters }) => sum + waiters.size, 0)
    },
    close() {
      closed = true
      for (const queue of queues.values()) for (const waiter of queue.waiters) waiter.reject(stopping())
    },
  }
}

/** Admits the longest waiters while slots are free. */
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

/** The error of a call that found no free slot within `waitMs`. */
export const busy = (limit: number, waitMs: number): UserError =>
  new UserError(
    'busy',
    `All ${limit} slot(s) of this workflow stayed busy for ${waitMs / 1000} s. Call again later, or raise its max_concurrency.`,
    { retryAfterSeconds: 5 },
  )
