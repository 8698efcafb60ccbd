import { type Static, Type } from 'typebox'
import { RUN_STATUSES } from '../../../domain/runs/run.ts'
import { CHANGE_ACTIONS } from '../../../domain/runs/signal.ts'
import { LANGUAGES } from '../../../domain/shared/language.ts'
import { nullable, strict, text, time } from '../../../domain/shared/schemas.ts'
import { Actor, cursor, eventOf, limit } from '../common/schemas.ts'
import { LogLine } from '../runs/schemas.ts'

export const Runtime = Type.Object({
  name: Type.String(),
  language: Type.Enum([...LANGUAGES]),
  version: Type.String(),
  usable: Type.Boolean(),
  reason: nullable(Type.String()),
  packages: Type.Array(Type.Object({ name: Type.String(), version: Type.String() })),
})

export const NewRuntime = strict({
  version: Type.String({ pattern: '^3\\.\\d{1,2}(\\.\\d{1,3})?$', description: 'Such as 3.10, or 3.10.14' }),
})
export const RuntimeEvent = Type.Union([
  eventOf('line', LogLine),
  eventOf(
    'end',
    Type.Object({ runtime: nullable(Runtime), detail: nullable(Type.String({ description: 'Why it failed' })) }),
  ),
])

export const System = Type.Object({
  version: Type.String(),
  commit: Type.Optional(nullable(Type.String({ description: 'Its first digits; null: not known' }))),
  setup_needed: Type.Boolean(),
  sign_in_with: Type.Optional(Type.String({ description: 'The provider that people may sign in by' })),
  public_url: Type.Optional(Type.String()),
  hooks_own_origin: Type.Optional(Type.Boolean()),
  sandbox: Type.Optional(
    Type.Object({ tier: Type.Enum(['bwrap', 'landlock', 'none']), notes: Type.Array(Type.String()) }),
  ),
  runs: Type.Optional(Type.Object({ running: Type.Integer(), waiting: Type.Integer() })),
  demo: Type.Optional(
    Type.Object(
      {
        settings: Type.Array(Type.Object({ name: Type.String(), value: Type.String(), secret: Type.Boolean() })),
        file_url: Type.String(),
      },
      { description: 'With WORKFLOWS_DEMO: what the examples need to work with the stand-in HrFlow' },
    ),
  ),
  twins: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.String({ description: 'Such as greenhouse' }),
        url: Type.String(),
        credentials: nullable(
          Type.Record(Type.String(), Type.String(), {
            description: 'Null for callers without the scope admin',
          }),
        ),
      }),
      { description: 'With WORKFLOWS_DEMO: stand-ins of other services' },
    ),
  ),
  retention: Type.Optional(Type.Object({ days: Type.Integer(), bytes: Type.Integer() })),
})

export const RunEvent = Type.Object({
  run_id: Type.String(),
  workflow_id: Type.String(),
  status: Type.Enum([...RUN_STATUSES]),
  duration_ms: nullable(Type.Number()),
})
export const ChangeEvent = Type.Object({
  workflow_id: nullable(Type.String()),
  action: Type.Enum([...CHANGE_ACTIONS], { description: 'As the audit log names it' }),
})
export const LiveEvent = Type.Union([eventOf('run', RunEvent), eventOf('change', ChangeEvent)])

export const AuditEntry = Type.Object({
  at: time(),
  by: Actor,
  action: Type.String(),
  workflow_id: nullable(Type.String()),
  detail: Type.String(),
  changes: Type.Array(
    Type.Object({ field: Type.String(), old: nullable(Type.String()), new: nullable(Type.String()) }),
    { description: 'What the fields were and are, as texts of at most 500 characters; never values of settings' },
  ),
})

export const ListedAuditEntry = Type.Object({
  ...AuditEntry.properties,
  workflow_name: nullable(Type.String({ description: 'null when the workflow was deleted' })),
})

const auditFilter = {
  actor: Type.Optional(text(320, 'Id or name of the person or API key')),
  action: Type.Optional(
    Type.String({
      pattern: '^[a-z_]{1,50}(\\.[a-z_]{1,50})?$',
      description: 'Such as key.create, or key for all of keys',
    }),
  ),
  workflow_id: Type.Optional(text(100, 'Changes of this workflow only')),
  since: Type.Optional(text(40, 'RFC 3339: from this time on')),
  until: Type.Optional(text(40, 'RFC 3339: before this time')),
}
const AuditFilterParams = strict(auditFilter)
export type AuditFilterParams = Static<typeof AuditFilterParams>
export const AuditParams = strict({ limit: limit(200, 50), cursor, ...auditFilter })
export const ExportParams = strict({
  format: Type.Optional(Type.Enum(['jsonl', 'csv'], { description: 'jsonl when it is left out' })),
  ...auditFilter,
})

export const HeldRuns = strict({ action: Type.Enum(['release', 'cancel']) })
export const HeldRunsResult = Type.Object({ runs: Type.Integer({ description: 'How many were held' }) })
