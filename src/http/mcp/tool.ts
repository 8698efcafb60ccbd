/** Each tool is one API call with the API's field names. */

import { type TProperties, Type } from 'typebox'
import { isObject } from '../../domain/json/is-object.ts'
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
  /** Fields of list items by default. Null selects all. */
  readonly columns: readonly string[] | null
  readonly findProblem: (given: unknown) => string | null
  readonly toCall: (given: Arguments) => ApiCall
}

type Options = {
  readonly columns?: readonly string[]
  /** The path if the tool is given a workflow. */
  readonly ofWorkflow?: string
  /** The body, if it differs from the arguments that are not in the path. */
  readonly body?: (given: Arguments) => unknown
}

const ALL_FIELDS = 'all_fields'

/** Arguments fill the path's `{names}`. The others are the query of GET, or the body. */
export function tool(
  name: string,
  description: string,
  call: `${ApiCall['method']} /api/${string}`,
  fields: TProperties,
  { columns, ofWorkflow, body = (given) => given }: Options = {},
): Tool {
  const all = Type.Boolean({ description: 'true: items with all their fields, not only the most important ones' })
  const input = strict(columns === undefined ? fields : { ...fields, [ALL_FIELDS]: Type.Optional(all) })
  const check = createCheck(input)
  const [method, ownPath] = call.split(' ', 2) as [ApiCall['method'], string]
  return {
    name,
    description,
    input,
    readOnly: method === 'GET',
    takesSource: 'source' in fields,
    columns: columns ?? null,
    findProblem: (given) => check(given, 'the arguments') ?? findDots(`${ownPath}${ofWorkflow ?? ''}`, given),
    toCall(given) {
      const template = given['workflow_id'] === undefined ? ownPath : (ofWorkflow ?? ownPath)
      const named = new Set([ALL_FIELDS])
      const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
        named.add(name)
        return encodeURIComponent(String(given[name]))
      })
      const rest = Object.fromEntries(Object.entries(given).filter(([name]) => !named.has(name)))
      return method === 'GET' ? { method, path, query: rest } : { method, path, body: body(rest) }
    },
  }
}

/** A URL resolves `.` and `..` in every spelling: the call would go to another path. */
function findDots(path: string, given: unknown): string | null {
  if (!isObject(given)) return null
  const name = [...path.matchAll(/\{(\w+)\}/g)].map(([, found = '']) => found).find((one) => isDots(given[one]))
  return name === undefined ? null : `${name}: expected the name of a thing, found ${JSON.stringify(given[name])}.`
}

const isDots = (value: unknown): boolean => typeof value === 'string' && /^\.{0,2}$/.test(value)

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
