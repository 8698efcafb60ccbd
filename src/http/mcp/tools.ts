/** The tools of an agent: each is one API call, with the API's field names. */

import { type TProperties, Type } from 'typebox'
import { RUN_STATUSES, TRIGGERS } from '../../domain/runs/run.ts'
import { strict } from '../../domain/shared/schemas.ts'
import { createCheck } from '../api/common/validation.ts'
import type { ApiCall } from './call-api.ts'

type Arguments = Readonly<Record<string, unknown>>

export type Tool = {
  readonly name: string
  readonly description: string
  readonly input: ReturnType<typeof strict>
  readonly readOnly: boolean
  readonly takesSource: boolean
  readonly findProblem: (given: unknown) => string | null
  readonly toCall: (given: Arguments) => ApiCall
}

const id = (what: string) => Type.String({ description: what })
const optional = Type.Optional
const page = { limit: optional(Type.Integer({ minimum: 1, maximum: 200 })), cursor: optional(Type.String()) }
const workflow_id = id('A workflow’s id, such as wf_…')
const run_id = id('A run’s id, such as run_…')
const version = Type.Integer({ minimum: 1, description: 'The number of a version' })
const source = Type.String({ description: 'The whole source. Read the resource workflows://guide first.' })
const files = optional(
  Type.Record(Type.String(), Type.String(), {
    description: 'Modules beside the source, such as {"lib/parse.py": "…"}',
  }),
)
const request = Type.Unknown({
  description: 'What a catch function receives: {"headers"?: {…}, "query"?: {…}, "body"?: any JSON, or text}',
})

const path = (given: Arguments, ...rest: readonly string[]): string =>
  ['/api/workflows', encodeURIComponent(String(given.workflow_id)), ...rest].join('/')
const runPath = (given: Arguments, ...rest: readonly string[]): string =>
  ['/api/runs', encodeURIComponent(String(given.run_id)), ...rest].join('/')
const without = (given: Arguments, ...names: readonly string[]): Arguments =>
  Object.fromEntries(Object.entries(given).filter(([name]) => !names.includes(name)))

function tool(name: string, description: string, fields: TProperties, toCall: Tool['toCall'], readOnly = false): Tool {
  const input = strict(fields)
  const check = createCheck(input)
  const findProblem = (given: unknown) => check(given, 'the arguments')
  return { name, description, input, readOnly, takesSource: 'source' in fields, findProblem, toCall }
}

export const TOOLS: readonly Tool[] = [
  tool(
    'list_workflows',
    'Lists workflows with their ids, which the other tools take: kind, whether enabled, hook URL, schedule and deployed version. `q` finds part of the name or description; archived ones are left out unless `archived` is true.',
    {
      kind: optional(Type.Enum(['catch', 'pull'])),
      q: optional(Type.String()),
      archived: optional(Type.Boolean()),
      ...page,
    },
    (given) => ({ method: 'GET', path: '/api/workflows', query: given }),
    true,
  ),
  tool(
    'get_workflow',
    'Reads one workflow. The resource workflow://{workflow_id}/source has its source.',
    { workflow_id },
    (given) => ({ method: 'GET', path: path(given) }),
    true,
  ),
  tool(
    'create_workflow',
    'Creates a workflow without code. Save a version next, test it, then deploy it.',
    {
      name: Type.String(),
      kind: Type.Enum(['catch', 'pull'], { description: 'catch: a hook starts it; pull: a schedule starts it' }),
      description: optional(Type.String()),
      runtime: optional(Type.String()),
      schedule: optional(Type.Unknown({ description: 'pull only: {"every_seconds": 3600} or {"cron", "timezone"}' })),
      timeout_seconds: optional(Type.Integer({ minimum: 1 })),
      max_concurrency: optional(Type.Integer({ minimum: 1 })),
    },
    (given) => ({ method: 'POST', path: '/api/workflows', body: given }),
  ),
  tool(
    'save_version',
    'Saves code as a new version and does not deploy it.',
    { workflow_id, source, files, message: optional(Type.String()) },
    (given) => ({
      method: 'POST',
      path: path(given, 'versions'),
      body: { ...without(given, 'workflow_id'), deploy: false },
    }),
  ),
  tool(
    'test_workflow',
    'Runs code once on a scratch copy of the settings and waits for the end. Nothing that it does to settings is kept.',
    { workflow_id, source: optional(source), files, version: optional(version), request: optional(request) },
    (given) => ({
      method: 'POST',
      path: path(given, 'runs'),
      body: { ...without(given, 'workflow_id'), keep_settings: false },
    }),
  ),
  tool(
    'deploy_version',
    'Deploys a saved version: hooks and schedules run it from now on. Deploy an older one to roll back.',
    {
      workflow_id,
      version,
      force: optional(Type.Boolean({ description: 'Deploys although the deploy_gate of the workflow refuses' })),
    },
    (given) => ({
      method: 'POST',
      path: path(given, 'versions', String(given.version), 'deploy'),
      body: without(given, 'workflow_id', 'version'),
    }),
  ),
  tool(
    'list_runs',
    'Lists runs, newest first, of one workflow or of all.',
    {
      workflow_id: optional(workflow_id),
      status: optional(Type.Enum([...RUN_STATUSES])),
      trigger: optional(Type.Enum([...TRIGGERS])),
      failing: optional(Type.Boolean()),
      q: optional(Type.String({ description: 'Text in the request, answer, error or log' })),
      since: optional(Type.String({ description: 'RFC 3339' })),
      until: optional(Type.String({ description: 'RFC 3339' })),
      ...page,
    },
    (given) => ({
      method: 'GET',
      path: given.workflow_id === undefined ? '/api/runs' : path(given, 'runs'),
      query: without(given, 'workflow_id'),
    }),
    true,
  ),
  tool(
    'get_run',
    'Reads a run: request, answer, error with traceback, warnings, timing.',
    { run_id },
    (given) => ({ method: 'GET', path: runPath(given) }),
    true,
  ),
  tool(
    'get_logs',
    'Reads what a run printed.',
    { run_id, limit: optional(Type.Integer({ minimum: 1, maximum: 10_000 })), cursor: optional(Type.String()) },
    (given) => ({ method: 'GET', path: runPath(given, 'logs'), query: without(given, 'run_id') }),
    true,
  ),
  tool(
    'replay_run',
    'Runs the request of a past run again as a new run, on the deployed version or on the one that is named.',
    { run_id, version: optional(version) },
    (given) => ({ method: 'POST', path: runPath(given, 'replay'), body: without(given, 'run_id') }),
  ),
  tool(
    'list_settings',
    'Lists the settings of a workflow. Values of secrets are never shown.',
    { workflow_id, ...page },
    (given) => ({ method: 'GET', path: path(given, 'settings'), query: without(given, 'workflow_id') }),
    true,
  ),
  tool(
    'put_setting',
    'Sets one setting of a workflow; `secret` hides its value from then on.',
    {
      workflow_id,
      key: Type.String(),
      value: Type.Unknown({ description: 'Any JSON' }),
      secret: optional(Type.Boolean()),
    },
    (given) => ({
      method: 'PUT',
      path: path(given, 'settings', encodeURIComponent(String(given.key))),
      body: without(given, 'workflow_id', 'key'),
    }),
  ),
]
