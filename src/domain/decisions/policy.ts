/** The field `decisions` of a workflow. */

import { type Static, Type } from 'typebox'
import { nullable, strict } from '../shared/schemas.ts'
import { DECISION_LIMITS } from './decision.ts'

export const DEFAULT_KEEP_DAYS = 1460
const MAX_KEEP_DAYS = 3650
const MAX_OUTCOMES = 50

const outcome = Type.String({ minLength: 1, maxLength: DECISION_LIMITS.outcomeLength })
const keep_days = Type.Integer({
  minimum: 1,
  maximum: MAX_KEEP_DAYS,
  description: 'How long decisions are kept. A shorter period counts for new decisions only',
})

export const DecisionsSchema = strict(
  {
    outcomes: Type.Optional(
      Type.Array(outcome, {
        minItems: 1,
        maxItems: MAX_OUTCOMES,
        uniqueItems: true,
        description: 'All outcomes. Any other one is refused',
      }),
    ),
    keep_days: Type.Optional(keep_days),
  },
  { description: 'How decisions about people are kept' },
)

export const DecisionsShown = nullable(
  Type.Object({ outcomes: Type.Optional(Type.Array(Type.String())), keep_days: Type.Integer() }),
)

export type DecisionPolicy = {
  readonly outcomes?: readonly string[]
  readonly keep_days: number
}

export function parseDecisions(sent: Static<typeof DecisionsSchema> | null): DecisionPolicy | null {
  if (sent === null) return null
  const { outcomes, keep_days: days = DEFAULT_KEEP_DAYS } = sent
  return { ...(outcomes && { outcomes }), keep_days: days }
}
