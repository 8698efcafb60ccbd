import { LRUCache } from 'lru-cache'

export type Limit = { readonly key: string; readonly requests: number; readonly windowMs: number }

/** Below 0, `left` refuses the request. */
export type Window = { readonly limit: number; readonly left: number; readonly resetAt: number }

export type Limits = { take(limit: Limit, now: number): Window }

const MAX_KEYS = 500

/** A window begins with its first request. */
export function createLimits(): Limits {
  const windows = new LRUCache<string, { count: number; readonly resetAt: number }>({ max: MAX_KEYS })
  return {
    take({ key, requests, windowMs }, now) {
      const known = windows.get(key)
      const window = known !== undefined && known.resetAt > now ? known : { count: 0, resetAt: now + windowMs }
      window.count += 1
      windows.set(key, window)
      return { limit: requests, left: requests - window.count, resetAt: window.resetAt }
    },
  }
}

export const secondsLeft = (resetAt: number, now: number): number => Math.max(1, Math.ceil((resetAt - now) / 1000))

export const rateHeaders = (prefix: string, { limit, left }: Window): Readonly<Record<string, string>> => ({
  [`${prefix}-Limit`]: String(limit),
  [`${prefix}-Remaining`]: String(Math.max(0, left)),
})
