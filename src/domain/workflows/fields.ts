import type { Static } from 'typebox'
import { UserError } from '../../errors.ts'
import type { Kind } from '../shared/kind.ts'
import { isStorable } from '../shared/schemas.ts'
import type { Field } from './field.ts'
import { type FieldName, type FieldValues, WORKFLOW_FIELDS, type Workflow } from './workflow.ts'

export type SentFields = { readonly [N in FieldName]?: Static<(typeof WORKFLOW_FIELDS)[N]['schema']> }

export const FIELD_NAMES = Object.keys(WORKFLOW_FIELDS).filter((name) => name in WORKFLOW_FIELDS) as FieldName[]

export const fieldOf = (name: FieldName): Field => WORKFLOW_FIELDS[name]

export const propertyOf = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** Throws `bad_request`. */
export function parseFields(sent: SentFields, kind: Kind): Partial<FieldValues> {
  const names = FIELD_NAMES.filter((name) => sent[name] !== undefined)
  return Object.fromEntries(names.map((name) => [propertyOf(name), parseField(name, sent[name], kind)]))
}

function parseField(name: FieldName, sent: unknown, kind: Kind): unknown {
  const { only, parse } = fieldOf(name)
  if (only !== undefined && only !== kind && sent !== null) throw wrongKind(name, kind)
  assertStorable(name, sent)
  return parse === undefined ? sent : parse(sent)
}

/** The database would not return other text unchanged. */
function assertStorable(path: string, value: unknown): void {
  if (typeof value === 'string' && !isStorable(value)) {
    throw new UserError(
      'bad_request',
      `${path}: expected Unicode text, found a lone surrogate or the character U+0000.`,
    )
  }
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) assertStorable(`${path}.${key}`, member)
}

const WHY: Readonly<Record<Kind, string>> = {
  catch: 'a catch workflow, which runs when its hook is called',
  pull: 'a pull workflow, which has no hook to call',
}
const wrongKind = (name: string, kind: Kind): UserError =>
  new UserError('bad_request', `${name}: expected none on ${WHY[kind]}.`)

type Given = Partial<Workflow> & Pick<Workflow, 'id' | 'kind' | 'name' | 'hookKey' | 'createdAt'>

export function newWorkflow(given: Given): Workflow {
  const defaults = Object.fromEntries(
    FIELD_NAMES.map((name) => [propertyOf(name), fieldOf(name).defaultOf(given.kind)]),
  ) as FieldValues
  return {
    ...defaults,
    senderSecrets: 0,
    deployedVersionId: null,
    deployedVersion: null,
    updatedAt: given.createdAt,
    ...given,
  }
}
