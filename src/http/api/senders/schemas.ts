import { Type } from 'typebox'
import { SENDER_SCHEMES } from '../../../domain/senders/sender-check.ts'
import { text } from '../../../domain/shared/schemas.ts'

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

export const SenderScheme = Type.Object({
  scheme: Type.Enum([...SENDER_SCHEMES]),
  idempotency: Type.Union(
    [
      Type.Object({ from: Type.Literal('header'), name: Type.String() }),
      Type.Object({ from: Type.Literal('body'), path: Type.String() }),
      Type.Null(),
    ],
    {
      description:
        "Where this sender puts the id of an event, as a workflow's field idempotency. Null if the sender documents none",
    },
  ),
})

export const SampleCreate = Type.Object(
  { body: Type.Optional(text(65_536, 'JSON, or a form for Twilio; a small one when it is left out')) },
  closed,
)
export const Sample = Type.Object({
  method: Type.Enum(['POST', 'GET']),
  url: Type.String(),
  headers: Type.Array(Type.Array(Type.String(), { minItems: 2, maxItems: 2 })),
  body: Type.String(),
})
