import { Type } from 'typebox'
import { time } from '../../../domain/shared/schemas.ts'
import { RunSummary } from './schemas.ts'

export const DeadGroup = Type.Object({
  id: Type.String(),
  workflow_id: Type.String(),
  workflow_name: Type.String(),
  code: Type.Union([Type.String(), Type.Null()]),
  message: Type.Union([Type.String(), Type.Null()], { description: 'Message of the last run' }),
  count: Type.Integer(),
  first_at: time(),
  last_at: time(),
  last_run_id: Type.String(),
})

export const DeadGroupQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    cursor: Type.Optional(Type.String({ maxLength: 2000 })),
    workflow_id: Type.Optional(Type.String({ maxLength: 100 })),
  },
  { additionalProperties: false },
)

export const DeadRunBody = Type.Object(
  {
    run_id: Type.Optional(
      Type.String({ maxLength: 100, description: 'One of the group; all of it when it is left out' }),
    ),
  },
  { additionalProperties: false },
)
export const Replayed = Type.Object({
  replayed: Type.Integer({ description: 'How many were queued again, at most 1,000 per call' }),
  remaining: Type.Integer(),
})
export const Dismissed = Type.Object({ dismissed: Type.Integer() })

export const Attempts = Type.Object({ data: Type.Array(RunSummary), next_cursor: Type.Null() })
