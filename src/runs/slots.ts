/** Places: how many runs of one workflow may be under way at once, and who waits for the next. */

import { UserError } from '../errors.ts'

export type Slots = {
  /** Waits, first come first served, for at most `waitMs`; then throws UserError `busy`. Gives how to leave the place. */
  acquire(workflowId: string, limit: number, waitMs: number): Promise<() => void>
  /** A place at once, or null. */
  tryAcquire(workflowId: string, limit: number): (() => void) | null
  /** Workflows that have no free place now. */
  full(): readonly string[]
  readonly waiting: number
  /** Ends everybody's wait with UserError `stopping`. */
  close(): void
}

type Waiter = { readonly grant: () => void; readonly refuse: (error: UserError) => void }
type SlotQueue = { limit: number; taken: number; readonly waiters: Set<Waiter> }

/** More callers than this may not wait for one workflow: each one holds its request in memory. */
const MAX_WAITING = 1000

export function createSlots(): Slots {
  const queues = new Map<string, SlotQueue>()
  let closed = false

  const queueOf = (workflowId: string, limit: number): SlotQueue => {
    const queue = queues.get(workflowId) ?? { limit, taken: 0, waiters: new Set() }
    queues.set(workflowId, queue)
    queue.limit = limit
    admit(queue)
    return queue
  }
  const grant = (workflowId: string, queue: SlotQueue): (() => void) => {
    queue.taken += 1
    let released = false
    return () => {
      if (released) return
      released = true
      queue.taken -= 1
      admit(queue)
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
      for (const queue of queues.values()) for (const waiter of queue.waiters) waiter.refuse(stopping())
    },
  }
}

/** Lets in who has waited longest, as far as there are places. */
function admit(queue: SlotQueue): void {
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
      refuse: (error) => {
        end()
        reject(error)
      },
    }
    const timer = setTimeout(() => waiter.refuse(busy(queue.limit, waitMs)), waitMs)
    queue.waiters.add(waiter)
  })
}

export const busy = (limit: number, waitMs: number): UserError =>
  new UserError(
    'busy',
    `All ${limit} place(s) of this workflow stayed busy for ${waitMs / 1000} s. Call again later, or give it more places.`,
    { retryAfterSeconds: 5 },
  )

export const stopping = (): UserError =>
  new UserError('stopping', 'The server is stopping. Call again in a moment.', { retryAfterSeconds: 5 })
