/** Counts the calls of hooks that have a rate limit. Each server counts its own: several let several times as many through. */

import { type Bucket, takeCall } from '../../domain/rate-limit.ts'
import type { Workflow } from '../../domain/workflow.ts'
import { UserError } from '../../errors.ts'

/** Buckets that have stood longest are forgotten first: they are the fullest. */
const MAX_BUCKETS = 10_000

export type RateLimiter = {
  /** Throws `too_many_requests` with the time to wait. */
  take(workflow: Pick<Workflow, 'id' | 'rateLimit'>): void
}

/** `clock` gives milliseconds and never goes back. */
export function createRateLimiter(clock: () => number): RateLimiter {
  const buckets = new Map<string, Bucket>()
  return {
    take({ id, rateLimit }) {
      if (rateLimit === null) return
      const { bucket, waitSeconds } = takeCall(buckets.get(id), rateLimit, clock())
      buckets.delete(id)
      buckets.set(id, bucket)
      const [oldest] = buckets.keys()
      if (buckets.size > MAX_BUCKETS && oldest !== undefined) buckets.delete(oldest)
      if (waitSeconds === 0) return
      throw new UserError(
        'too_many_requests',
        `Expected at most ${rateLimit.calls} calls in ${rateLimit.per_seconds} s. Call again in ${waitSeconds} s.`,
        { retryAfterSeconds: waitSeconds },
      )
    },
  }
}
