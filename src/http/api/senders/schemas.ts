/** The schemas of refused calls and of sample calls. */

import { Type } from 'typebox'
import { text } from '../../../domain/workflows/schemas.ts'

const closed = { additionalProperties: false }

export const RefusedCall = Type.Object({
  id: Type.String(),
  at: Type.String({ format: 'date-time' }),
  reason: Type.Enum(['address', 'missing', 'malformed', 'stale', 'mismatch']),
  detail: Type.String(),
  address: Type.String(),
  headers: Type.Array(Type.Array(Type.String(), { minItems: 2, maxItems: 2 }), {
    description: 'Without the values that are secrets',
  }),
  body_bytes: Type.Integer(),
})

export const SampleCreate = Type.Object(
  { body: Type.Optional(text(65_536, 'JSON, or a form for Twilio; a small one when it is left out')) },
  closed,
)
export const Sample = Type.Object({
  url: Type.String(),
  headers: Type.Array(Type.Array(Type.String(), { minItems: 2, maxItems: 2 })),
  body: Type.String(),
})
