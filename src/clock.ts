/** Tests pass a clock that they move. */

import { setTimeout as delay } from 'node:timers/promises'

export type Clock = {
  /** Milliseconds since 1970, with jumps when the machine's clock is set. */
  now(): number
  /** Milliseconds without jumps, for durations and leases. */
  monotonic(): number
  /** Resolves after `ms`, or when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal && { signal }).catch(() => {}),
}
