import { type Static, Type } from 'typebox'
import { UserError } from '../../errors.ts'
import { type Shape, strict, text } from '../shared/schemas.ts'
import { ALERT_TYPES } from './alert.ts'

const MAX_CHANNELS = 20
const on = Type.Array(Type.Enum([...ALERT_TYPES]), { maxItems: ALERT_TYPES.length, uniqueItems: true })

export const AlertRuleSchema = strict({
  channels: Type.Array(text(100), { maxItems: MAX_CHANNELS, uniqueItems: true }),
  on: Type.Optional(on),
  after: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1000, description: 'Failures in a row that make a workflow failing' }),
  ),
})

export const AlertRuleShown = Type.Object({
  channels: Type.Array(Type.String()),
  on: Type.Array(Type.Enum([...ALERT_TYPES])),
  after: Type.Integer(),
})
export type AlertRule = Shape<typeof AlertRuleShown>

/** Defaults to all types, after the first failure. Throws `bad_request` for a rule that never sends a type. */
export function parseAlertRule(sent: Static<typeof AlertRuleSchema> | null): AlertRule | null {
  if (sent === null) return null
  const { channels, on: types = [...ALERT_TYPES], after = 1 } = sent
  if (types.includes('recovered') && !types.includes('failing')) {
    throw new UserError(
      'bad_request',
      'alerts.on: expected failing with recovered, which follows only a failing that was sent, found recovered without it.',
    )
  }
  return { channels, on: types, after }
}
