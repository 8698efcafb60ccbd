/** The fields of a workflow that say how its calls are delivered: once, waited for or not, tried again. */

import { Type } from 'typebox'
import { KEY_LIMITS } from '../domain/idempotency.ts'

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

export const deliveryFields = {
  idempotency: Type.Union([KeySource, Type.Null()]),
}

export const optionalDeliveryFields = {
  idempotency: Type.Optional(deliveryFields.idempotency),
}
