/** The shapes of who may call a hook, and of calls that were refused. */

import { Type } from 'typebox'
import { ALGORITHMS, ENCODINGS } from '../../../domain/senders/form.ts'
import { SENDER_SCHEMES } from '../../../domain/senders/sender-check.ts'
import { LIMITS } from '../../../domain/workflow.ts'
import { nullable, text } from '../common/schema-parts.ts'

const closed = { additionalProperties: false }

const form = {
  header: Type.Optional(text(100, 'With header and hmac: where the key or the signature stands')),
  algorithm: Type.Optional(Type.Enum([...ALGORITHMS])),
  encoding: Type.Optional(Type.Enum([...ENCODINGS])),
  prefix: Type.Optional(text(50, 'What stands before the signature, such as sha256=')),
  signed: Type.Optional(text(500, 'What is signed: text with {body}, {timestamp} and {header:Name}')),
  timestamp_header: Type.Optional(nullable(text(100, 'Seconds since 1970'))),
  tolerance_seconds: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 86_400, description: 'How far from now a call may have been signed' }),
  ),
}
const scheme = Type.Enum([...SENDER_SCHEMES], { description: 'none: whoever knows the URL' })

export const SenderCheckPut = Type.Object(
  {
    scheme,
    ...form,
    secret: Type.Optional(text(1000, 'Never shown again. Kept when it is left out')),
    previous_secret: Type.Optional(
      Type.Union([text(1000, 'Valid beside the secret'), Type.Null()], {
        description: 'Left out beside a new secret: the one before. null: none any more',
      }),
    ),
  },
  { ...closed, description: 'How callers of the hook prove who they are' },
)
const SenderCheck = Type.Object({
  scheme,
  ...form,
  secrets: Type.Integer({ description: 'How many secrets are valid: two while they are rotated' }),
})
const AllowedIps = Type.Array(text(60, 'An address, or a range such as 10.0.0.0/8'), {
  maxItems: LIMITS.allowedIps,
  description: 'Where callers may call from; empty: from anywhere',
})
const RateLimit = Type.Object(
  {
    calls: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    per_seconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
  },
  { ...closed, description: 'How often the hook may be called' },
)

/** Null on a pull workflow, which nobody calls. */
export const callerFields = {
  sender_check: nullable(SenderCheck),
  allowed_ips: nullable(AllowedIps),
  rate_limit: nullable(RateLimit),
}
export const optionalCallerFields = {
  sender_check: Type.Optional(SenderCheckPut),
  allowed_ips: Type.Optional(AllowedIps),
  rate_limit: Type.Optional(nullable(RateLimit)),
}

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
