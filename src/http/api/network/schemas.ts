import { Type } from 'typebox'
import { strict, text, time } from '../../../domain/shared/schemas.ts'
import { Actor } from '../common/schemas.ts'

const MAX_WORKFLOWS = 1000

const host = text(
  300,
  'A name or an address with its port, or a range with or without a port. A name may begin with *.',
)
const workflows = Type.Union(
  [Type.Literal('all'), Type.Array(text(100), { minItems: 1, maxItems: MAX_WORKFLOWS, uniqueItems: true })],
  { description: 'The ids of the workflows that may connect, or all' },
)
const shownWorkflows = Type.Union([Type.Literal('all'), Type.Array(Type.String())], {
  description: 'The ids of the workflows that may connect, or all. An empty list allows no workflow',
})
const note = text(500, 'Description of the destination')

export const InternalHost = Type.Object({
  id: Type.String(),
  host: Type.String(),
  workflows: shownWorkflows,
  note: Type.String(),
  created_by: Actor,
  created_at: time(),
})

export const Network = Type.Object({
  internal: Type.Array(InternalHost),
  operator: Type.Object(
    { allow: Type.Array(Type.String()), deny: Type.Array(Type.String()) },
    { description: 'WORKFLOWS_EGRESS_ALLOW and WORKFLOWS_EGRESS_DENY' },
  ),
  owners: Type.Array(Type.String(), { description: 'The names of the owners, who can open an address' }),
  locked: Type.Boolean({ description: 'Whether WORKFLOWS_INTERNAL_HOSTS=operator forbids changes' }),
})

export const InternalHostCreate = strict({
  host,
  workflows: Type.Optional(workflows),
  note: Type.Optional(note),
})

export const InternalHostPatch = strict({
  host: Type.Optional(host),
  workflows: Type.Optional(workflows),
  note: Type.Optional(note),
})
