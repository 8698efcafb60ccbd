import { type Static, Type } from 'typebox'
import { UserError } from '../../errors.ts'
import { nullable, type Shape, strict } from '../shared/schemas.ts'
import { DECISION_LIMITS, InvalidDecision } from './decision.ts'
import { looksLike } from './lookalike.ts'

export const DEFAULT_KEEP_DAYS = 1460
const MAX_KEEP_DAYS = 3650
const MAX_OUTCOMES = 20
const MAX_REVIEWERS = 50

const outcome = Type.String({ minLength: 1, maxLength: DECISION_LIMITS.outcomeLength })
const outcomes = (description: string) =>
  Type.Array(outcome, { minItems: 1, maxItems: MAX_OUTCOMES, uniqueItems: true, description })
const keep_days = Type.Integer({
  minimum: 1,
  maximum: MAX_KEEP_DAYS,
  description: 'How long decisions are kept. A shorter period counts for new decisions only',
})
const reviewers = Type.Array(Type.String({ minLength: 1, maxLength: 320 }), {
  minItems: 1,
  maxItems: MAX_REVIEWERS,
  description: 'E-mail addresses of accounts, or `owners`, `editors`',
})
const within = Type.String({
  maxLength: 20,
  description: 'How long the reviewers have, such as `7d`, from 1 s to 366 days',
})

export const DecisionsSchema = strict(
  {
    outcomes: Type.Optional(outcomes('All outcomes. Any other one is refused')),
    keep_days: Type.Optional(keep_days),
    oversight: Type.Optional(
      nullable(
        strict({
          outcomes: outcomes('Outcomes that a person must agree to'),
          reviewers,
          within: Type.Optional(within),
          reason_required: Type.Optional(Type.Boolean()),
        }),
      ),
    ),
  },
  { description: 'How decisions about people are kept and overseen' },
)

export const DecisionsShown = nullable(
  Type.Object({
    outcomes: Type.Optional(Type.Array(Type.String())),
    keep_days,
    oversight: Type.Optional(
      Type.Object({
        outcomes: Type.Array(Type.String()),
        reviewers: Type.Array(Type.String()),
        within,
        reason_required: Type.Boolean(),
      }),
    ),
  }),
)

export type DecisionPolicy = NonNullable<Shape<typeof DecisionsShown>>

/** Throws `bad_request` for an unknown overseen outcome, one that looks like another, or a wrong duration. */
export function parseDecisions(sent: Static<typeof DecisionsSchema> | null): DecisionPolicy | null {
  if (sent === null) return null
  const { outcomes: known, keep_days: days = DEFAULT_KEEP_DAYS, oversight = null } = sent
  const policy = { ...(known && { outcomes: known }), keep_days: days }
  if (oversight === null) return policy
  const unknown = known && oversight.outcomes.find((one) => !known.includes(one))
  if (unknown !== undefined)
    throw new UserError(
      'bad_request',
      `decisions.oversight.outcomes: expected one of decisions.outcomes, found ${JSON.stringify(unknown)}.`,
    )
  const { within: time = '7d', reason_required = true } = oversight
  for (const one of oversight.outcomes) assertDistinct(one, [...(known ?? []), ...oversight.outcomes])
  assertDuration(time)
  return { ...policy, oversight: { ...oversight, within: time, reason_required } }
}

/** A reviewer could confuse them. */
function assertDistinct(overseen: string, outcomes: readonly string[]): void {
  const other = outcomes.find((one) => looksLike(one, overseen))
  if (other === undefined) return
  throw new UserError('bad_request', `decisions: the outcomes ${show(other)} and ${show(overseen)} look alike.`)
}

const show = (outcome: string): string => JSON.stringify(outcome)

const DURATION = /^(\d{1,12}(?:\.\d{1,12})?)([smhdw])$/
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
const MAX_SECONDS = 366 * 86_400

function assertDuration(text: string): void {
  const seconds = secondsOf(text)
  if (seconds !== null && seconds >= 1 && seconds <= MAX_SECONDS) return
  throw new UserError(
    'bad_request',
    `decisions.oversight.within: expected a number with s, m, h, d or w, from 1s to 366d, found ${JSON.stringify(text)}.`,
  )
}

function secondsOf(text: string): number | null {
  const [, number, unit = ''] = DURATION.exec(text) ?? []
  return number === undefined ? null : Number(number) * (SECONDS[unit] ?? 0)
}

export const isOverseen = (policy: DecisionPolicy | null, outcome: string): boolean =>
  policy?.oversight?.outcomes.includes(outcome) === true

/** Throws InvalidDecision if a person must agree to the outcome or to one that it resembles. */
export function assertNotOverseen(policy: DecisionPolicy | null, outcome: string): void {
  if (isOverseen(policy, outcome)) throw new InvalidDecision(`outcome: ${show(outcome)} needs a person`)
  const other = policy?.oversight?.outcomes.find((one) => looksLike(one, outcome))
  if (other === undefined) return
  throw new InvalidDecision(`outcome: ${show(outcome)} looks like ${show(other)}, which needs a person`)
}

export const overseenOf = (policy: DecisionPolicy | null) =>
  policy?.oversight === undefined
    ? null
    : { outcomes: policy.oversight.outcomes, ms: (secondsOf(policy.oversight.within) ?? 0) * 1000 }
