/** Each server counts its own calls, so several servers allow more in total. */

import { type Bucket, takeCall } from '../../domain/hooks/rate-limit.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { UserError } from '../../errors.ts'

/** The least recently used bucket has refilled the most. */
const MAX_BUCKETS = 10_000

export type RateLimiter = {
  take(workflow: Pick<Workflow, 'id' | 'rateLimit'>): void
}

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
