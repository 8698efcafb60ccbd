import { Type } from 'typebox'
import { FIELD_NAMES } from '../../domain/workflows/fields.ts'
import { environment_id, files, optional, page, source, type Tool, tool, version, workflow_id } from './tool.ts'

const WORKFLOW_COLUMNS = [
  'id',
  'name',
  'kind',
  'enabled',
  'archived',
  'runtime',
  'hook_url',
  'schedule',
  'next_tick_at',
  'deployed_version',
  'tags',
]
const VERSION_COLUMNS = ['number', 'message', 'created_at', 'created_by', 'deployed', 'deployed_at', 'environment']
const CONNECTION_COLUMNS = ['name', 'provider', 'status', 'account', 'problem', 'expires_at', 'used_by']

const request = Type.Unknown({
  description: 'What a catch function receives: {"headers"?: {…}, "query"?: {…}, "body"?: any JSON, or text}',
})

export const WORKFLOW_TOOLS: readonly Tool[] = [
  tool(
    'list_workflows',
    'Lists workflows with their ids, which the other tools take: kind, whether enabled, hook URL, schedule and deployed version. get_workflow has the other fields. `q` finds part of the name or description; archived ones are left out unless `archived` is true.',
    'GET /api/workflows',
    {
      kind: optional(Type.Enum(['catch', 'pull'])),
      q: optional(Type.String()),
      archived: optional(Type.Boolean()),
      ...page,
    },
    { columns: WORKFLOW_COLUMNS },
  ),
  tool(
    'get_workflow',
    'Reads one workflow. The resource workflow://{workflow_id}/source has its source.',
    'GET /api/workflows/{workflow_id}',
    { workflow_id },
  ),
  tool(
    'create_workflow',
    'Creates a workflow without code. Save a version next, test it, then deploy it.',
    'POST /api/workflows',
    {
      name: Type.String(),
      kind: Type.Enum(['catch', 'pull'], { description: 'catch: a hook starts it; pull: a schedule starts it' }),
      description: optional(Type.String()),
      runtime: optional(Type.String()),
      schedule: optional(
        Type.Unknown({
          description:
            'pull only: {"every_seconds": 3600}, {"cron", "timezone"} or {"continuous": true, "pause_seconds"}',
        }),
      ),
      timeout_seconds: optional(Type.Integer({ minimum: 1 })),
      max_concurrency: optional(Type.Integer({ minimum: 1 })),
    },
  ),
  tool(
    'update_workflow',
    `Changes fields of a workflow, such as its schedule, memory, alerts or hook. The fields: ${FIELD_NAMES.join(', ')}.`,
    'PATCH /api/workflows/{workflow_id}',
    {
      workflow_id,
      changes: Type.Record(Type.String(), Type.Unknown(), {
        description:
          'Fields and their new values, of the same form as get_workflow shows them. With base_updated_at (its updated_at), a change by somebody else in between is refused.',
      }),
    },
    { body: ({ changes }) => changes },
  ),
  tool(
    'save_version',
    'Saves code as a new version and does not deploy it.',
    'POST /api/workflows/{workflow_id}/versions',
    { workflow_id, source, files, message: optional(Type.String()) },
    { body: (given) => ({ ...given, deploy: false }) },
  ),
  tool(
    'list_versions',
    'Lists the versions of a workflow, newest first: number, message, who saved it when, and whether it is deployed.',
    'GET /api/workflows/{workflow_id}/versions',
    { workflow_id, ...page },
    { columns: VERSION_COLUMNS },
  ),
  tool(
    'get_version',
    'Reads a version: source, modules, packages with their lock, and the environment that holds them.',
    'GET /api/workflows/{workflow_id}/versions/{version}',
    { workflow_id, version },
  ),
  tool(
    'get_build_log',
    'Reads the output of the newest build of an environment: why packages of a version could not be installed.',
    'GET /api/environments/{environment_id}/log',
    { environment_id },
  ),
  tool(
    'test_workflow',
    'Runs code once on a scratch copy of the settings and waits for the end. Nothing that it does to settings is kept. At `wait_for` and `ask` the code gets what `answers` has.',
    'POST /api/workflows/{workflow_id}/runs',
    {
      workflow_id,
      source: optional(source),
      files,
      version: optional(version),
      request: optional(request),
      answers: optional(
        Type.Record(Type.String(), Type.Unknown(), {
          description:
            'The answer to each wait, by name: the body of the event, {choice, reason?, fields?}, or {"timed_out": true} for TimedOut',
        }),
      ),
      waits: optional(Type.Enum(['real'], { description: 'The run waits for real events and people instead' })),
    },
    { body: (given) => ({ ...given, keep_settings: false }) },
  ),
  tool(
    'deploy_version',
    'Deploys a saved version: hooks and schedules run it from now on. Deploy an older one to roll back.',
    'POST /api/workflows/{workflow_id}/versions/{version}/deploy',
    {
      workflow_id,
      version,
      force: optional(Type.Boolean({ description: 'Deploys although the deploy_gate of the workflow refuses' })),
    },
  ),
  tool(
    'list_connections',
    'Lists sign-ins at other services, with their status. update_workflow names them in `connections`, and the function finds a token under each name in its settings.',
    'GET /api/connections',
    {},
    { columns: CONNECTION_COLUMNS },
  ),
  tool(
    'list_settings',
    'Lists the settings of a workflow. Values of secrets are never shown.',
    'GET /api/workflows/{workflow_id}/settings',
    { workflow_id, ...page },
  ),
  tool(
    'put_setting',
    'Sets one setting of a workflow; `secret` hides its value from then on.',
    'PUT /api/workflows/{workflow_id}/settings/{key}',
    {
      workflow_id,
      key: Type.String(),
      value: Type.Unknown({ description: 'Any JSON' }),
      secret: optional(Type.Boolean()),
    },
  ),
]
