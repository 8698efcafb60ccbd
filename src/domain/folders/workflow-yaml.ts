/** `workflow.yaml`: the fields of a workflow by their names in the API; those with their default value are left out. */

import { type Document, isScalar, parseDocument, stringify, visit } from 'yaml'
import { UserError } from '../../errors.ts'
import { isObject } from '../json.ts'
import type { FieldName, Workflow } from '../workflow.ts'
import { FIELD_NAMES, fieldOf, propertyOf } from '../workflows/fields.ts'

/** The fields of a folder, in their order; a workflow's kind comes after its name. */
export const FOLDER_FIELDS: readonly FieldName[] = FIELD_NAMES.filter((name) => fieldOf(name).inFolder !== false)

/** Written even where they have their default value: a reader needs them. */
const ALWAYS: readonly string[] = ['name', 'runtime']

/** 64 KiB that are one error after the other take a second to parse. */
const MAX_LENGTH = 64 * 1024

export function writeWorkflowYaml(workflow: Workflow): string {
  const values: Readonly<Record<string, unknown>> = workflow
  const fields = FOLDER_FIELDS.flatMap((name): [string, unknown][] => {
    const { defaultOf, only = workflow.kind } = fieldOf(name)
    const value = values[propertyOf(name)]
    if (only !== workflow.kind) return []
    return ALWAYS.includes(name) || !isSame(value, defaultOf(workflow.kind)) ? [[name, value]] : []
  })
  const withKind = fields.flatMap((field) => (field[0] === 'name' ? [field, ['kind', workflow.kind]] : [field]))
  return stringify(Object.fromEntries(withKind), { lineWidth: 0, aliasDuplicateObjects: false })
}

/** The fields as they were written; whether they are valid is another matter. Throws `invalid_archive` for what is no YAML object. */
export function parseWorkflowYaml(text: string): Readonly<Record<string, unknown>> {
  if (text.length > MAX_LENGTH) {
    throw new UserError(
      'invalid_archive',
      `workflow.yaml: expected at most ${MAX_LENGTH} characters, found ${text.length}.`,
    )
  }
  const value = parseYaml(text)
  if (isObject(value)) return value
  throw new UserError('invalid_archive', 'workflow.yaml: expected fields such as "name: parse-resume".')
}

function parseYaml(text: string): unknown {
  try {
    // The library's own check of unique keys compares each with each: 3 s for 64 KiB.
    const document = parseDocument(text, { schema: 'core', uniqueKeys: false, strict: true })
    const [problem] = [...document.errors, ...document.warnings]
    if (problem !== undefined) throw problem
    assertUniqueKeys(document)
    // An alias of a few bytes can expand to gigabytes.
    return document.toJS({ maxAliasCount: 0 })
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new UserError('invalid_archive', `workflow.yaml: expected YAML, found: ${reason.slice(0, 200)}`)
  }
}

function assertUniqueKeys(document: Document): void {
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<string>()
      for (const { key } of items) {
        const name = String(isScalar(key) ? key.value : key)
        if (seen.has(name)) throw new Error(`the key ${JSON.stringify(name)} twice`)
        seen.add(name)
      }
    },
  })
}

/** Whether two values are the same JSON; the order of members does not matter. */
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
