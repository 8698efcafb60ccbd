import { type Static, Type } from 'typebox'
import { UserError } from '../../../errors.ts'
import { parseJson } from '../../json/exact-numbers.ts'
import { isObject } from '../../json/is-object.ts'
import { parsePointers } from '../../json/pointer.ts'
import type { RunRequest } from '../../runs/run.ts'
import { contentTypeOf } from '../../shared/headers.ts'
import { strict, text } from '../../shared/schemas.ts'
import type { OutcomeChange } from './change.ts'

export const EXPLANATION_STATUSES = ['running', 'done', 'failed', 'cancelled'] as const
type ExplanationStatus = (typeof EXPLANATION_STATUSES)[number]

const MAX_RUNS = 500
const DEFAULT_RUNS = 200
const MAX_FIELDS = 100
const MAX_VALUES = 50
const pointer = text(1000, 'A JSON Pointer into the fields of the request')

export const ExplainSchema = strict({
  fields: Type.Optional(
    Type.Array(pointer, { minItems: 1, maxItems: MAX_FIELDS, description: 'Fields to change; all if absent' }),
  ),
  values: Type.Optional(
    Type.Record(Type.String(), Type.Array(Type.Unknown(), { minItems: 1, maxItems: MAX_VALUES }), {
      description: 'Values to try, by JSON Pointer',
    }),
  ),
  max_runs: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_RUNS, default: DEFAULT_RUNS })),
})

export type ExplainPlan = {
  readonly fields: readonly string[] | null
  readonly values: ReadonlyMap<string, readonly unknown[]>
  readonly maxRuns: number
}

export type Explanation = {
  readonly id: string
  readonly decisionId: string
  readonly workflowId: string
  readonly runId: string
  readonly status: ExplanationStatus
  /** Changed requests so far. */
  readonly tried: number
  /** Smallest first. */
  readonly changes: readonly OutcomeChange[]
  readonly problem: string | null
  readonly createdAt: number
  readonly finishedAt: number | null
}

/** Throws `bad_request` for an invalid JSON Pointer. */
export function parseExplain({ fields, values = {}, max_runs }: Static<typeof ExplainSchema>): ExplainPlan {
  parsePointers(fields ?? [], 'fields')
  parsePointers(Object.keys(values), 'values')
  return { fields: fields ?? null, values: new Map(Object.entries(values)), maxRuns: max_runs ?? DEFAULT_RUNS }
}

/** Null: the body is no JSON object. */
export function documentOf({ body, headers }: Pick<RunRequest, 'body' | 'headers'>): object | null {
  if (!/^application\/(?:[\w.+-]*\+)?json\b/i.test(contentTypeOf(headers))) return null
  const found = parseJson(body.toString('utf8'))
  return isObject(found) ? found : null
}

export const notExplained = (why: string): UserError =>
  new UserError('conflict', `The decision cannot be explained: ${why}.`)
