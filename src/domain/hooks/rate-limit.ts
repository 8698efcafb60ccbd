import { Type } from 'typebox'
import { type Shape, strict } from '../shared/schemas.ts'

export type Bucket = { readonly tokens: number; readonly at: number }

/**
 * 22 s of a bucket with a call each 22 s are 0.9999999999999999 of a call: a caller that waits as told would be refused
 * again.
 */
const ROUNDING = 1e-9

/** Takes a call, or returns the wait. Times are monotonic milliseconds. */
export function takeCall(
  bucket: Bucket | undefined,
  { calls, per_seconds }: RateLimit,
  now: number,
): { readonly bucket: Bucket; readonly waitSeconds: number } {
  const perMs = calls / (per_seconds * 1000)
  const tokens = bucket === undefined ? calls : Math.min(calls, bucket.tokens + (now - bucket.at) * perMs)
  if (tokens >= 1 - ROUNDING) return { bucket: { tokens: Math.max(0, tokens - 1), at: now }, waitSeconds: 0 }
  return { bucket: { tokens, at: now }, waitSeconds: Math.max(1, Math.ceil((1 - tokens) / perMs / 1000)) }
}

export const RateLimitSchema = strict(
  {
    calls: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    per_seconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
  },
  { description: 'How often the hook may be called' },
)
export type RateLimit = Shape<typeof RateLimitSchema>
