import { LRUCache } from 'lru-cache'
import { UserError } from '../../errors.ts'
import type { StoreUse } from '../../store/store.ts'

/** Throws UserError `busy` if too many of the workflow's runs are queued. */
export type AssertQueueFree = (workflowId: string) => Promise<void>

/** In a longer queue, calls arrive faster than they can ever run. */
export const MAX_QUEUED = 10_000
const MAX_KNOWN = 10_000
/** Up to this number of servers never exceed the limit together. */
const SHARES = 10

/** A count of 10,000 queued runs takes 0.7 ms, so one count admits a share of the free places. */
export function createQueueLimit(store: StoreUse<{ runs: 'countQueued' }>): AssertQueueFree {
  const admitted = new LRUCache<string, number>({ max: MAX_KNOWN })
  return async (workflowId) => {
    const left = admitted.get(workflowId) ?? 0
    if (left > 0) {
      admitted.set(workflowId, left - 1)
      return
    }
    const free = MAX_QUEUED - (await store.runs.countQueued(workflowId, MAX_QUEUED))
    if (free > 0) admitted.set(workflowId, Math.floor((free - 1) / SHARES))
    else
      throw new UserError('busy', `${MAX_QUEUED} runs of this workflow are already queued. Call again later.`, {
        retryAfterSeconds: 60,
      })
  }
}
