/** The shapes of what the API tells of the installation itself. */

import { Type } from 'typebox'
import { nullable, time } from '../../../domain/workflows/schemas.ts'
import { Actor } from '../common/schemas.ts'

export const Runtime = Type.Object({
  name: Type.String(),
  version: Type.String(),
  usable: Type.Boolean(),
  reason: nullable(Type.String()),
  packages: Type.Array(Type.Object({ name: Type.String(), version: Type.String() })),
})

export const System = Type.Object({
  version: Type.String(),
  setup_needed: Type.Boolean(),
  public_url: Type.Optional(Type.String()),
  hooks_own_origin: Type.Optional(Type.Boolean()),
  sandbox: Type.Optional(
    Type.Object({ tier: Type.Enum(['bwrap', 'landlock', 'none']), notes: Type.Array(Type.String()) }),
  ),
  runs: Type.Optional(Type.Object({ running: Type.Integer(), waiting: Type.Integer() })),
  retention: Type.Optional(Type.Object({ days: Type.Integer(), bytes: Type.Integer() })),
})

export const AuditEntry = Type.Object({
  at: time(),
  by: Actor,
  action: Type.String(),
  workflow_id: nullable(Type.String()),
  detail: Type.String(),
})
