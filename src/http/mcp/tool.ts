/** Each tool is one API call with the API's field names. */

import { type TProperties, Type } from 'typebox'
import { strict } from '../../domain/shared/schemas.ts'
import { createCheck } from '../api/common/validation.ts'
import type { ApiCall } from './call-api.ts'

export type Arguments = Readonly<Record<string, unknown>>

export type Tool = {
  readonly name: string
  readonly description: string
  readonly input: ReturnType<typeof strict>
  readonly readOnly: boolean
  readonly takesSource: boolean
  /** Fields of listed items that an agent gets by default. Null selects all. */
  readonly columns: readonly string[] | null
  readonly findProblem: (given: unknown) => string | null
  readonly toCall: (given: Arguments) => ApiCall
}

type Options = { readonly readOnly?: boolean; readonly columns?: readonly string[] }

export const READS: Options = { readOnly: true }

const ALL_FIELDS = 'all_fields'

export function tool(
  name: string,
  description: string,
  fields: TProperties,
  toCall: Tool['toCall'],
  { readOnly = false, columns }: Options = {},
): Tool {
  const all = Type.Boolean({ description: 'true: items with all their fields, not only the most important ones' })
  const input = strict(columns === undefined ? fields : { ...fields, [ALL_FIELDS]: Type.Optional(all) })
  const check = createCheck(input)
  return {
    name,
    description,
    input,
    readOnly,
    takesSource: 'source' in fields,
    columns: columns ?? null,
    findProblem: (given) => check(given, 'the arguments'),
    toCall: (given) => toCall(without(given, ALL_FIELDS)),
  }
}

/** Returns a list with the tool's columns, without fields that are null. */
export function shortList({ columns }: Pick<Tool, 'columns'>, given: Arguments, json: unknown): unknown {
  if (columns === null || given[ALL_FIELDS] === true || typeof json !== 'object' || json === null) return json
  const { data } = json as { readonly data?: readonly Arguments[] }
  if (!Array.isArray(data)) return json
  const items = data.map((item) =>
    Object.fromEntries(columns.flatMap((name) => (item[name] == null ? [] : [[name, item[name]]]))),
  )
  return { ...json, data: items }
}

const id = (what: string) => Type.String({ description: what })
export const optional = Type.Optional
export const page = { limit: optional(Type.Integer({ minimum: 1, maximum: 200 })), cursor: optional(Type.String()) }
export const workflow_id = id('A workflow’s id, such as wf_…')
export const run_id = id('A run’s id, such as run_…')
export const trial_id = id('A trial’s id, such as trial_…')
export const environment_id = id('The id of an environment: `environment.id` of a version')
export const task_id = id('A task’s id, such as task_…')
export const group_id = id('The id of a group of dead letters, such as dead_…')
export const version = Type.Integer({ minimum: 1, description: 'The number of a version' })
export const source = Type.String({ description: 'The whole source. Read the resource workflows://guide first.' })
export const files = optional(
  Type.Record(Type.String(), Type.String(), {
    description: 'Modules beside the source, such as {"lib/parse.py": "…"}',
  }),
)

const pathOf =
  (collection: string, name: string) =>
  (given: Arguments, ...rest: readonly string[]): string =>
    [`/api/${collection}`, encodeURIComponent(String(given[name])), ...rest].join('/')
export const path = pathOf('workflows', 'workflow_id')
export const runPath = pathOf('runs', 'run_id')
export const trialPath = pathOf('trials', 'trial_id')
export const environmentPath = pathOf('environments', 'environment_id')
export const taskPath = pathOf('tasks', 'task_id')
export const groupPath = pathOf('dead-letters', 'group_id')

export const without = (given: Arguments, ...names: readonly string[]): Arguments =>
  Object.fromEntries(Object.entries(given).filter(([name]) => !names.includes(name)))
