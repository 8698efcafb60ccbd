/** Retries of background runs: how often, when, and which failures count as the same. */

import { type Static, Type } from 'typebox'

/** The field names are those of the API and of the stored JSON. */
export type Retries = { readonly count: number; readonly backoff_seconds: number }

export const NO_RETRIES: Retries = { count: 0, backoff_seconds: 10 }
const RETRY_LIMITS = { count: 10, backoffSeconds: 3600 } as const

const MAX_WAIT_MS = 3600 * 1000
const COMPARED_LENGTH = 500

/**
 * When the attempt after `attempt` (the first is 1) may start, or null when there is none. The wait doubles with each,
 * up to an hour, and `random` (0 to 1) takes away up to half, so that what failed together does not come back together.
 */
export function nextAttemptAt(retries: Retries, attempt: number, now: number, random: number): number | null {
  if (attempt > retries.count) return null
  const waitMs = Math.min(retries.backoff_seconds * 1000 * 2 ** (attempt - 1), MAX_WAIT_MS)
  return now + Math.round(waitMs * (1 - random / 2))
}

/** What a KeyError says of the keys that were there (runtimes/workflow_runtime/function/missing_keys.py). */
const KEYS_THAT_WERE_THERE = /^(KeyError: [^\n]*?)\. The (?:request has|settings have) (?:the|no) [^\n]*$/

/** A message without what differs from one failure to the next of the same kind: numbers, ids, times, keys of requests. */
export function commonPart(message: string): string {
  return message
    .slice(0, COMPARED_LENGTH)
    .replace(KEYS_THAT_WERE_THERE, '$1')
    .replace(/\b(?=[0-9a-z_-]*\d)[0-9a-z_-]{8,}\b/gi, '#')
    .replace(/\d+(?:[.:,]\d+)*/g, '#')
}

/** Retries as callers of the API send them. */
export const RetriesSchema = Type.Object(
  {
    count: Type.Integer({ minimum: 0, maximum: RETRY_LIMITS.count }),
    backoff_seconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: RETRY_LIMITS.backoffSeconds, default: NO_RETRIES.backoff_seconds }),
    ),
  },
  {
    additionalProperties: false,
    description:
      'How often a failed run without a waiting caller is tried again; the wait doubles each time, up to an hour',
  },
)

/** Retries as the API shows them. */
export const ShownRetriesSchema = Type.Object({ count: Type.Integer(), backoff_seconds: Type.Integer() })

/** Fills in what was left out. */
export const parseRetries = (sent: Static<typeof RetriesSchema>): Retries => ({ ...NO_RETRIES, ...sent })
