import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { nullable, type Shape, strict } from '../shared/schemas.ts'

const MAX_PERCENT = 99
const MAX_MIN_CALLS = 1000
const PRESET_MIN_CALLS = 20

const version = Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'The candidate' })
const percent = Type.Integer({
  minimum: 1,
  maximum: MAX_PERCENT,
  description: 'Share of calls, in percent, that run the candidate',
})
const failure_ratio = Type.Number({
  minimum: 0,
  exclusiveMaximum: 1,
  description: 'Ends the canary when more than this share of its calls failed, such as 0.1',
})
const min_calls = Type.Integer({
  minimum: 1,
  maximum: MAX_MIN_CALLS,
  description: 'Calls of the candidate that must have ended before',
})

export const CanarySchema = strict(
  {
    version,
    percent,
    abort_on: Type.Optional(nullable(strict({ failure_ratio, min_calls: Type.Optional(min_calls) }))),
  },
  { description: 'A version that a share of the calls runs; null: all calls run the deployed one' },
)
export const CanaryShown = nullable(
  strict({ version, percent, abort_on: nullable(strict({ failure_ratio, min_calls })) }),
)

export type Canary = NonNullable<Shape<typeof CanaryShown>>

export const CANARY_OUTCOMES = ['promoted', 'aborted', 'aborted_by_failures', 'replaced'] as const
export type CanaryOutcome = (typeof CANARY_OUTCOMES)[number]

export type CanarySide = {
  readonly calls: number
  readonly failures: number
  readonly p50Ms: number | null
  readonly p95Ms: number | null
}

export function parseCanary(sent: Static<typeof CanarySchema> | null): Canary | null {
  if (sent === null) return null
  const abort = sent.abort_on ?? null
  return {
    version: sent.version,
    percent: sent.percent,
    abort_on: abort === null ? null : { min_calls: PRESET_MIN_CALLS, ...abort },
  }
}

/** Hashing 32 MiB would block the server for 20 ms. */
const HASHED_BYTES = 1024 * 1024

/** Calls of one lane, or with one body, run the same version. A larger `percent` keeps earlier candidates' calls. */
export function runsCandidate(
  workflowId: string,
  { version: number, percent: share }: Canary,
  { lane, body }: { readonly lane: string | null; readonly body: Buffer },
): boolean {
  const hash = createHash('sha256').update(`${workflowId} ${number} `)
  if (lane === null) hash.update(`${body.length} `).update(body.subarray(0, HASHED_BYTES))
  else hash.update(`lane ${lane}`)
  return (hash.digest().readUInt32BE(0) / 2 ** 32) * 100 < share
}

export function mustAbort({ abort_on: limit }: Canary, { calls, failures }: CanarySide): boolean {
  return limit !== null && calls >= limit.min_calls && failures / calls > limit.failure_ratio
}
