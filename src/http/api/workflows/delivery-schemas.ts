/** The fields of a workflow that say how its calls are delivered: once, waited for or not, tried again. */

import { Type } from 'typebox'
import { ACKNOWLEDGEMENT_LIMITS } from '../../../domain/acknowledgement.ts'
import { KEY_LIMITS } from '../../../domain/idempotency.ts'
import { NO_RETRIES, RETRY_LIMITS } from '../../../domain/retries.ts'

const KeySource = Type.Object(
  {
    from: Type.Enum(['header', 'body']),
    name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: KEY_LIMITS.name,
        description: 'Of the header; Idempotency-Key when it is left out',
      }),
    ),
    path: Type.Optional(
      Type.String({ minLength: 1, maxLength: KEY_LIMITS.path, description: 'Into a JSON body, such as event.id' }),
    ),
  },
  {
    additionalProperties: false,
    description: 'Where a call has its idempotency key; null: every call is a run of its own',
  },
)

const Acknowledgement = Type.Object(
  {
    mode: Type.Enum(['async']),
    status_code: Type.Optional(Type.Integer({ minimum: 200, maximum: 299, default: 202 })),
    body: Type.Optional(Type.Union([Type.String({ maxLength: ACKNOWLEDGEMENT_LIMITS.bodyLength }), Type.Null()])),
    content_type: Type.Optional(
      Type.Union([Type.String({ maxLength: ACKNOWLEDGEMENT_LIMITS.typeLength }), Type.Null()]),
    ),
  },
  {
    additionalProperties: false,
    description: "What a call is told at once, without waiting for the function's answer; null: calls wait",
  },
)

const Retries = Type.Object(
  {
    count: Type.Integer({ minimum: 0, maximum: RETRY_LIMITS.count }),
    backoff_seconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: RETRY_LIMITS.backoffSeconds, default: NO_RETRIES.backoff_seconds }),
    ),
  },
  {
    additionalProperties: false,
    description:
      'How often a failed run that nobody waits for is tried again; the wait doubles each time, up to an hour',
  },
)

export const deliveryFields = {
  idempotency: Type.Union([KeySource, Type.Null()]),
  answer: Type.Union([Acknowledgement, Type.Null()]),
  retries: Retries,
}

export const optionalDeliveryFields = {
  idempotency: Type.Optional(deliveryFields.idempotency),
  answer: Type.Optional(deliveryFields.answer),
  retries: Type.Optional(deliveryFields.retries),
}
