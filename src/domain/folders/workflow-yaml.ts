/** Fields under their API names, without defaults. */

import { isObject } from '../json/is-object.ts'
import { FIELD_NAMES, fieldOf, propertyOf } from '../workflows/fields.ts'
import type { FieldName, Workflow } from '../workflows/workflow.ts'
import { writeYaml } from './yaml.ts'

export const FOLDER_FIELDS: readonly FieldName[] = FIELD_NAMES.filter((name) => fieldOf(name).inFolder !== false)

const ALWAYS: readonly string[] = ['name', 'runtime']

export const writeWorkflowYaml = (workflow: Workflow): string => writeYaml(writtenFields(workflow))

export function writtenFields(workflow: Workflow): Readonly<Record<string, unknown>> {
  const values: Readonly<Record<string, unknown>> = workflow
  const fields = FOLDER_FIELDS.flatMap((name): [string, unknown][] => {
    const { defaultOf, only = workflow.kind } = fieldOf(name)
    const value = values[propertyOf(name)]
    if (only !== workflow.kind) return []
    return ALWAYS.includes(name) || !isSame(value, defaultOf(workflow.kind)) ? [[name, value]] : []
  })
  const withKind = fields.flatMap((field) => (field[0] === 'name' ? [field, ['kind', workflow.kind]] : [field]))
  return Object.fromEntries(withKind)
}

export const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  )
}
