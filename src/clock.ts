/** Tests pass a clock that they move. */

import { setTimeout as delay } from 'node:timers/promises'

export type Clock = {
  /** Returns milliseconds since 1970. They jump when the machine's clock is set. */
  now(): number
  /** Returns milliseconds that never jump, for durations and leases. */
  monotonic(): number
  /** Resolves after `ms`, or when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal && { signal }).catch(() => {}),
}
