import { type Static, Type } from 'typebox'
import { type Shape, strict } from '../shared/schemas.ts'

export const NO_RETRIES: Retries = { count: 0, backoff_seconds: 10 }
export const RETRY_LIMITS = { count: 10, backoffSeconds: 3600 } as const

const MAX_WAIT_MS = 3600 * 1000
const COMPARED_LENGTH = 500

/** Doubles with each attempt, up to an hour. `random` (0 to 1) removes up to half: runs do not retry together. */
export function nextAttemptAt(retries: Retries, attempt: number, now: number, random: number): number | null {
  if (attempt > retries.count) return null
  const waitMs = Math.min(retries.backoff_seconds * 1000 * 2 ** (attempt - 1), MAX_WAIT_MS)
  return now + Math.round(waitMs * (1 - random / 2))
}

/** A KeyError lists the existing keys (runtimes/workflow_runtime/function/missing.py). */
const KEYS_THAT_WERE_THERE = /^(KeyError: [^\n]*?)\. The (?:request has|settings have) (?:the|no) [^\n]*$/

/** Removes numbers, ids, times and request keys, which vary between failures of one kind. */
export function commonPart(message: string): string {
  return message
    .slice(0, COMPARED_LENGTH)
    .replace(KEYS_THAT_WERE_THERE, '$1')
    .replace(/\b(?=[0-9a-z_-]*\d)[0-9a-z_-]{8,}\b/gi, '#')
    .replace(/\d+(?:[.:,]\d+)*/g, '#')
}

export const RetriesSchema = strict(
  {
    count: Type.Integer({ minimum: 0, maximum: RETRY_LIMITS.count }),
    backoff_seconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: RETRY_LIMITS.backoffSeconds, default: NO_RETRIES.backoff_seconds }),
    ),
  },
  {
    description:
      'How often a failed run without a waiting caller is tried again; the wait doubles each time, up to an hour',
  },
)

export const ShownRetriesSchema = Type.Object({ count: Type.Integer(), backoff_seconds: Type.Integer() })
/** Field names as in the API and the stored JSON. */
export type Retries = Shape<typeof ShownRetriesSchema>

export const parseRetries = (sent: Static<typeof RetriesSchema>): Retries => ({ ...NO_RETRIES, ...sent })
