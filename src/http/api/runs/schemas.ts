import { Type } from 'typebox'
import { RUN_STATUSES, TRIGGERS } from '../../../domain/runs/run.ts'
import { SAMPLE_SOURCES } from '../../../domain/runs/sample-request.ts'
import { STEP_KINDS, STEP_STATUSES } from '../../../domain/runs/steps.ts'
import { nullable, strict, text, time } from '../../../domain/shared/schemas.ts'
import {
  anyJson,
  cursor,
  eventOf,
  headerPairs,
  headerValue,
  jsonText,
  limit,
  ModuleFiles,
  pageOf,
} from '../common/schemas.ts'
import { TestFields } from './test-rules.ts'

const attemptFields = {
  attempt: Type.Integer({ description: 'Counts from 1' }),
  retry_of: Type.Union([Type.String(), Type.Null()], { description: 'The first attempt' }),
  not_before: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: 'The earliest start of a run without a waiting caller',
  }),
}

export const LogPageParams = strict({ limit: limit(10_000, 10_000), cursor })

const requestFields = {
  method: Type.Optional(Type.Enum(['POST', 'GET'], { description: 'The fields of a GET are in its query' })),
  headers: Type.Optional(Type.Union([Type.Record(Type.String(), headerValue), headerPairs])),
  body: Type.Optional(anyJson('A string is the raw text of the body; any other JSON is the body itself, as JSON')),
  body_encoding: Type.Optional(Type.Enum(['utf8', 'base64'], { description: 'Encoding of a body that is a string' })),
  query: Type.Optional(Type.Union([Type.String(), Type.Record(Type.String(), headerValue)])),
}

export const RequestGiven = strict(requestFields)

export const RunCreate = strict({
  request: Type.Optional(nullable(RequestGiven)),
  version: Type.Optional(nullable(Type.Integer({ minimum: 1 }))),
  source: Type.Optional(nullable(Type.String())),
  files: Type.Optional(ModuleFiles),
  keep_settings: Type.Optional(Type.Boolean()),
  ...TestFields.properties,
})

export const ReplayCreate = strict({
  version: Type.Optional(nullable(Type.Integer({ minimum: 1 }))),
  from: Type.Optional(
    Type.Enum(['start', 'steps'], {
      description:
        'start, the default: a new run. steps: a durable run that failed goes on as its next attempt with its stored steps, except the one that ended it',
    }),
  ),
})

export const RunQuery = strict({
  limit: limit(200, 50),
  cursor,
  status: Type.Optional(Type.Enum([...RUN_STATUSES])),
  failing: Type.Optional(
    Type.Boolean({
      description: 'true: only runs that failed, timed out, were lost, or whose function reported a failure',
    }),
  ),
  q: Type.Optional(
    text(200, 'Text in the request, answer, error or log; a page looks at 500 runs, the next one goes on from there'),
  ),
  trigger: Type.Optional(Type.Enum([...TRIGGERS])),
  tests: Type.Optional(
    Type.Boolean({ description: 'Whether test runs are listed; when it is left out, only `failing` leaves them out' }),
  ),
  replay_of: Type.Optional(text(100, 'Only replays of this run')),
  since: Type.Optional(text(40, 'RFC 3339: created at this time or later')),
  until: Type.Optional(text(40, 'RFC 3339: created before this time')),
  status_code: Type.Optional(Type.Integer({ minimum: 100, maximum: 599, description: 'Only runs with this answer' })),
  version: Type.Optional(Type.Integer({ minimum: 1, description: 'Only runs of the version with this number' })),
  label: Type.Optional(text(200, 'Only runs with exactly this label')),
  min_ms: Type.Optional(Type.Integer({ minimum: 0, description: 'Only runs that took this long or longer' })),
  waiting_for: Type.Optional(text(200, 'Only runs that wait for what has this name')),
  wake_before: Type.Optional(text(40, 'RFC 3339: only waiting runs that go on before this time')),
})

const { limit: _limit, cursor: _cursor, q: _q, ...runFilterFields } = RunQuery.properties

export const RunDeletion = strict({
  ids: Type.Optional(Type.Array(text(100), { minItems: 1, maxItems: 1000 })),
  filter: Type.Optional(strict({ workflow_id: Type.Optional(text(100)), ...runFilterFields })),
})

export const RunDeletionResult = Type.Object({
  deleted: Type.Integer({ minimum: 0 }),
  remaining: Type.Integer({
    minimum: 0,
    description: 'Runs that match and were not deleted; at most 1,000 are counted',
  }),
})

const headFields = {
  method: Type.String(),
  query: Type.Record(Type.String(), headerValue),
  headers: headerPairs,
}
const body_encoding = Type.Enum(['utf8', 'base64'])
const body_bytes = Type.Optional(
  Type.Integer({ minimum: 0, description: 'Bytes of the whole body; only with max_body_bytes' }),
)
const LEFT_OUT = 'null when max_body_bytes left it out'

export const RunRequest = Type.Object({
  ...headFields,
  url: Type.String(),
  body: nullable(Type.String({ description: `As received, never re-written; ${LEFT_OUT}` })),
  body_encoding,
  body_bytes,
})

export const RunReadQuery = strict({
  max_body_bytes: Type.Optional(
    Type.Integer({
      minimum: 0,
      description:
        'Larger bodies of the request and of the answer are null: read request-body and response-body instead',
    }),
  ),
})
export const Bytes = Type.String({ format: 'binary' })

const sampleFields = { ...headFields, body: Type.String({ description: 'As it is sent' }), body_encoding }

export const SampleRequest = Type.Object({ ...sampleFields, source: Type.Enum([...SAMPLE_SOURCES]) })

export const SampleRequestPut = strict({
  ...requestFields,
  source: Type.Optional(Type.Enum([...SAMPLE_SOURCES], { description: '`person` when it is left out' })),
})

const RunResponse = Type.Object({
  status: Type.Integer(),
  headers: headerPairs,
  body: nullable(Type.String({ description: LEFT_OUT })),
  body_bytes,
})

export const SampleRequestPreview = strict({ source: Type.String() })

export const Warning = Type.Object({ code: Type.String(), message: Type.String(), key: Type.Optional(Type.String()) })

export const WaitingFor = Type.Object({
  kind: Type.Enum([...STEP_KINDS]),
  name: Type.String(),
  since: time(),
  until: time(),
  url: nullable(Type.String()),
  task_id: nullable(Type.String()),
  run_id: nullable(Type.String()),
  held: Type.Optional(Type.Boolean({ description: 'The run is held since a backup was restored' })),
})

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
  parent_run_id: nullable(Type.String({ description: 'The run that called this run' })),
  ...attemptFields,
  warnings: Type.Array(Warning),
  created_at: time(),
  started_at: nullable(time()),
  finished_at: nullable(time()),
  duration_ms: nullable(Type.Number()),
  timing: Type.Record(Type.String(), Type.Number(), {
    description: 'Milliseconds of accept, queue, start, load, run, commit',
  }),
  label: nullable(
    Type.String({
      description: 'What the function calls the run: its header Workflow-Label, or the text that it returns',
    }),
  ),
  status_code: nullable(Type.Integer({ description: 'The status of the answer of a catch workflow' })),
  trace_id: nullable(
    Type.String({ description: 'The trace of the caller’s traceparent, or a new one; retries keep it' }),
  ),
  peak_memory_bytes: nullable(Type.Integer({ description: 'The most memory that the run used, if it was measured' })),
  erased_at: nullable(time()),
  elapsed_ms: nullable(
    Type.Number({ description: 'From the start to the end. duration_ms leaves out the time that the run waited' }),
  ),
  durable: Type.Boolean({
    description: 'Its code imports `workflows`: its steps are stored, and it goes on after a crash',
  }),
  parts: Type.Integer({ description: 'How often the run was begun. A run that waited continues in a new part' }),
  steps: Type.Integer({ description: 'How many steps are stored' }),
  waiting_for: nullable(Type.Array(WaitingFor, { description: 'What a run with the status waiting waits for' })),
}

export const RunSummary = Type.Object(runFields)

export const Steps = Type.Object({
  data: Type.Array(
    Type.Object({
      kind: Type.Enum([...STEP_KINDS]),
      name: Type.String({ description: 'A retry has the name of its step' }),
      number: Type.Integer({ description: 'Counts the uses of the kind and name in the run from 1' }),
      status: Type.Enum([...STEP_STATUSES]),
      result: jsonText('What the step returned; secrets are ***'),
      error: nullable(Type.Object({ type: Type.String(), message: Type.String() })),
      attempts: Type.Integer({ description: 'How often the step was tried' }),
      started_at: time(),
      finished_at: nullable(time()),
      until: nullable(time()),
      task_id: nullable(Type.String()),
      run_id: nullable(Type.String()),
      part: Type.Integer({ description: 'The part of the attempt that began it' }),
      attempt: Type.Integer(),
    }),
    { description: 'In the order in which they began' },
  ),
})

export const Wake = strict({
  name: Type.Optional(text(200, 'Only the sleep or the pause of this name')),
})

const ListedRun = Type.Object({
  ...runFields,
  workflow_name: Type.Optional(nullable(Type.String({ description: 'Only in lists over all workflows' }))),
  match: Type.Optional(
    Type.Object(
      { in: Type.Enum(['label', 'error', 'request', 'answer', 'log']), text: Type.String() },
      { description: 'Only in searches: where the text is, with what is around it' },
    ),
  ),
})

export const LastRunsQuery = strict({
  workflow_ids: text(16_000, 'At most 200, between commas'),
  count: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, description: 'Of each workflow; 12 when left out' })),
})
export const LastRuns = Type.Object({
  data: Type.Array(
    Type.Object({
      id: Type.String(),
      workflow_id: Type.String(),
      status: Type.Enum([...RUN_STATUSES]),
      reported_failure: Type.Boolean({ description: 'It succeeded, and what it returned says that its work failed' }),
      created_at: time(),
    }),
  ),
})

export const RunPage = Type.Object({
  ...pageOf(ListedRun).properties,
  searched_back_to: Type.Optional(nullable(time())),
})

const settingsChanges = (description: string) =>
  Type.Array(
    Type.Object({ key: Type.String(), old: jsonText('null for a secret'), new: jsonText('null for a secret') }),
    { description },
  )

export const Run = Type.Object({
  ...runFields,
  source: nullable(Type.String({ description: 'Code that was tried without being saved' })),
  files: Type.Optional(ModuleFiles),
  traceback: nullable(Type.String()),
  request: nullable(RunRequest),
  response: nullable(RunResponse),
  caller_error: nullable({
    ...RunResponse,
    description: 'What a caller of the hook who waits receives if the run has failed',
  }),
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

export const LogEvent = Type.Union([eventOf('line', LogLine), eventOf('end', Type.Object({ run_id: Type.String() }))])
