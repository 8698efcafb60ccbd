/** The shapes of the API: each one checks requests, types handlers and documents itself. */

import { type TSchema, Type } from 'typebox'
import { RUN_STATUSES, TRIGGERS } from '../domain/run.ts'
import { ISOLATIONS, KINDS, LIMITS, MISSED_POLICIES, OVERLAPS } from '../domain/workflow.ts'
import { callerFields, optionalCallerFields } from './caller-schemas.ts'
import { attemptFields, deliveryFields, optionalDeliveryFields } from './delivery-schemas.ts'
import { nullable, strict, text, time } from './schema-parts.ts'

export { answers, Problem } from './problem-schema.ts'

const anyJson = (description: string) => Type.Unknown({ description })

/** The body of a call that takes none. */
export const NoFields = strict({})

export const IdParams = Type.Object({ id: Type.String() })
export const VersionParams = Type.Object({ id: Type.String(), number: Type.String() })
export const SettingParams = Type.Object({ id: Type.String(), key: Type.String() })

const limit = (most: number, preset: number) =>
  Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: most,
      default: preset,
      description: `1 to ${most}, ${preset} when it is left out`,
    }),
  )
const cursor = Type.Optional(Type.String({ maxLength: 2000, description: 'next_cursor of the page before' }))

export const PageParams = strict({ limit: limit(200, 50), cursor })
export const LogPageParams = strict({ limit: limit(10_000, 10_000), cursor })

export const pageOf = <T extends TSchema>(item: T) =>
  Type.Object({ data: Type.Array(item), next_cursor: nullable(Type.String()) })

export const Schedule = strict(
  {
    every_seconds: Type.Optional(Type.Integer({ minimum: 1 })),
    cron: Type.Optional(text(200)),
    timezone: Type.Optional(text(100, 'IANA name, UTC when it is left out')),
    overlap: Type.Optional(Type.Enum([...OVERLAPS])),
    missed: Type.Optional(Type.Enum([...MISSED_POLICIES])),
  },
  { description: 'Either every_seconds, or cron with its timezone' },
)

const workflowFields = {
  name: Type.String({ minLength: 1, maxLength: LIMITS.nameLength }),
  description: text(LIMITS.descriptionLength),
  runtime: text(50, 'One of GET /api/runtimes'),
  schedule: nullable(Schedule),
  timeout_seconds: Type.Integer({ minimum: 1, maximum: LIMITS.timeoutSeconds.max }),
  max_concurrency: Type.Integer({ minimum: 1, maximum: LIMITS.maxConcurrency.max }),
  isolation: Type.Enum([...ISOLATIONS]),
  body_limit_bytes: Type.Integer({ minimum: 1, maximum: LIMITS.bodyBytes }),
  retention_days: nullable(
    Type.Integer({
      minimum: 1,
      maximum: LIMITS.retentionDays,
      description: "How long ended runs are kept; null: the server's WORKFLOWS_RETENTION_DAYS",
    }),
  ),
  retention_bytes: nullable(
    Type.Integer({
      minimum: LIMITS.retentionBytes.min,
      maximum: LIMITS.retentionBytes.max,
      description: "How much of them is kept, as stored; null: the server's WORKFLOWS_RETENTION_MIB",
    }),
  ),
  ...deliveryFields,
}
const optionalFields = {
  description: Type.Optional(workflowFields.description),
  runtime: Type.Optional(workflowFields.runtime),
  schedule: Type.Optional(workflowFields.schedule),
  timeout_seconds: Type.Optional(workflowFields.timeout_seconds),
  max_concurrency: Type.Optional(workflowFields.max_concurrency),
  isolation: Type.Optional(workflowFields.isolation),
  body_limit_bytes: Type.Optional(workflowFields.body_limit_bytes),
  retention_days: Type.Optional(workflowFields.retention_days),
  retention_bytes: Type.Optional(workflowFields.retention_bytes),
  ...optionalDeliveryFields,
  ...optionalCallerFields,
}

export const WorkflowCreate = strict({ name: workflowFields.name, kind: Type.Enum([...KINDS]), ...optionalFields })
export const WorkflowPatch = strict({
  name: Type.Optional(workflowFields.name),
  enabled: Type.Optional(Type.Boolean()),
  archived: Type.Optional(Type.Boolean()),
  base_updated_at: Type.Optional(
    text(40, 'updated_at as the caller knows it; 409 when the workflow was changed since'),
  ),
  ...optionalFields,
})
export const WorkflowQuery = strict({
  limit: limit(200, 50),
  cursor,
  kind: Type.Optional(Type.Enum([...KINDS])),
  q: Type.Optional(text(200, 'Part of the name or description')),
  archived: Type.Optional(Type.Boolean({ description: 'true: only archived ones; only others when it is left out' })),
})
export const Workflow = Type.Object({
  id: Type.String(),
  kind: Type.Enum([...KINDS]),
  enabled: Type.Boolean(),
  archived: Type.Boolean(),
  ...workflowFields,
  ...callerFields,
  hook_url: nullable(Type.String()),
  deployed_version: nullable(Type.Integer()),
  next_tick_at: Type.Optional(nullable(time())),
  created_at: time(),
  updated_at: time(),
})

/** 0: none. Left out, whatever somebody else did meanwhile is built over. */
const base = (description: string) => Type.Optional(Type.Integer({ minimum: 0, description }))
const base_version = base('Number of the newest version that the caller knows; 409 when there is a newer one')
const base_deployed = base('Number of the version that was deployed when the caller looked; 409 when it is another')

const base_revision = base('Revision of the setting that the caller knows; 409 when it is another')

export const VersionCreate = strict({
  source: Type.String(),
  message: Type.Optional(text(1000)),
  deploy: Type.Optional(Type.Boolean({ default: true })),
  base_version,
  base_deployed,
})
export const VersionDeploy = strict({ base_deployed })
export const Version = Type.Object({
  id: Type.String(),
  number: Type.Integer(),
  source: Type.String(),
  message: Type.String(),
  created_at: time(),
  deployed: Type.Boolean(),
})

export const Actor = Type.Object({
  type: Type.Enum(['run', 'person', 'api_key']),
  id: Type.String(),
  name: Type.String(),
})
export const SettingPut = strict({
  value: anyJson('Any JSON; kept byte for byte'),
  secret: Type.Optional(Type.Boolean()),
  base_revision,
})
export const SettingDelete = strict({ base_revision })
export const Setting = Type.Object({
  key: Type.String(),
  value: anyJson('null for a secret'),
  secret: Type.Boolean(),
  revision: Type.Integer({ description: 'Grows with every change; what base_revision is compared with' }),
  updated_at: time(),
  updated_by: Actor,
})
export const SettingChange = Type.Object({
  at: time(),
  old: anyJson('null for a secret'),
  new: anyJson('null for a secret'),
  by: Actor,
})

/** Not a tuple: OpenAPI 3.1 spells those differently from what the library writes. */
const headerPairs = Type.Array(Type.Array(Type.String(), { minItems: 2, maxItems: 2 }))
const headerValue = Type.Union([Type.String(), Type.Array(Type.String())])
export const RunCreate = strict({
  request: Type.Optional(
    nullable(
      strict({
        headers: Type.Optional(Type.Union([Type.Record(Type.String(), headerValue), headerPairs])),
        body: Type.Optional(
          anyJson('A string is the raw text of the body; any other JSON is the body itself, as JSON'),
        ),
        body_encoding: Type.Optional(
          Type.Enum(['utf8', 'base64'], { description: 'What a body that is a string is written in' }),
        ),
        query: Type.Optional(Type.Union([Type.String(), Type.Record(Type.String(), headerValue)])),
      }),
    ),
  ),
  version: Type.Optional(nullable(Type.Integer({ minimum: 1 }))),
  source: Type.Optional(nullable(Type.String())),
  keep_settings: Type.Optional(Type.Boolean()),
})
export const ReplayCreate = strict({ version: Type.Optional(nullable(Type.Integer({ minimum: 1 }))) })

export const RunQuery = strict({
  limit: limit(200, 50),
  cursor,
  status: Type.Optional(Type.Enum([...RUN_STATUSES])),
  failing: Type.Optional(
    Type.Boolean({
      description: 'true: those that failed, timed out, were lost, or whose function reported a failure',
    }),
  ),
  q: Type.Optional(
    text(200, 'Text in the request, answer, error or log; a page looks at 500 runs, the next one goes on from there'),
  ),
  trigger: Type.Optional(Type.Enum([...TRIGGERS])),
  replay_of: Type.Optional(text(100, 'Only replays of this run')),
  since: Type.Optional(text(40, 'RFC 3339: created at this time or later')),
  until: Type.Optional(text(40, 'RFC 3339: created before this time')),
})

export const RunRequest = Type.Object({
  method: Type.String(),
  url: Type.String(),
  query: Type.Record(Type.String(), headerValue),
  headers: headerPairs,
  body: Type.String({ description: 'As received, never re-written' }),
  body_encoding: Type.Enum(['utf8', 'base64']),
})
export const RunResponse = Type.Object({ status: Type.Integer(), headers: headerPairs, body: Type.String() })
const Warning = Type.Object({ code: Type.String(), message: Type.String(), key: Type.Optional(Type.String()) })

const runFields = {
  id: Type.String(),
  workflow_id: Type.String(),
  version: nullable(Type.Integer()),
  trigger: Type.Enum([...TRIGGERS]),
  status: Type.Enum([...RUN_STATUSES]),
  code: nullable(Type.String()),
  message: nullable(Type.String()),
  result: nullable(Type.String({ description: 'Text of a return value that is no response' })),
  replay_of: nullable(Type.String()),
  ...attemptFields,
  warnings: Type.Array(Warning),
  created_at: time(),
  started_at: nullable(time()),
  finished_at: nullable(time()),
  duration_ms: nullable(Type.Number()),
  timing: Type.Record(Type.String(), Type.Number(), {
    description: 'Milliseconds of accept, queue, start, load, run, commit',
  }),
}
export const RunSummary = Type.Object(runFields)
export const RunPage = Type.Object({
  ...pageOf(RunSummary).properties,
  searched_back_to: Type.Optional(nullable(time())),
})
const settingsChanges = (description: string) =>
  Type.Array(
    Type.Object({ key: Type.String(), old: anyJson('null for a secret'), new: anyJson('null for a secret') }),
    { description },
  )
export const Run = Type.Object({
  ...runFields,
  source: nullable(Type.String({ description: 'Code that was tried without being saved' })),
  traceback: nullable(Type.String()),
  request: nullable(RunRequest),
  response: nullable(RunResponse),
  settings_changes: settingsChanges('Kept together with the result'),
  scratch_changes: Type.Optional(
    settingsChanges('What a run with keep_settings false did to its copy; only in the answer that waited for it'),
  ),
})

export const LogLine = Type.Object({
  at: time(),
  stream: Type.Enum(['stdout', 'stderr', 'system']),
  text: Type.String(),
})
export const Tick = Type.Object({
  due_at: time(),
  outcome: Type.Enum(['ran', 'skipped', 'missed']),
  reason: nullable(Type.String()),
  run_id: nullable(Type.String()),
})

export const AuditEntry = Type.Object({
  at: time(),
  by: Actor,
  action: Type.String(),
  workflow_id: nullable(Type.String()),
  detail: Type.String(),
})
