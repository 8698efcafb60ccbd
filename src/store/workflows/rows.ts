import type { Selectable } from 'kysely'
import type { SecretsChange } from '../../domain/senders/sender-check.ts'
import type { Kind } from '../../domain/shared/kind.ts'
import { FIELD_NAMES, fieldOf, propertyOf } from '../../domain/workflows/fields.ts'
import type { FieldName, FieldValues, Workflow } from '../../domain/workflows/workflow.ts'
import { bit, toBytes, toText, type WorkflowRow } from '../database/tables/tables.ts'
import type { BytesField, FieldColumns } from '../database/tables/workflow-columns.ts'

export type WorkflowChanges = Partial<FieldValues & Pick<Workflow, 'hookKey'>> & {
  readonly senderSecretsChange?: SecretsChange
}

type Codec = {
  readonly encode: (value: unknown) => unknown
  readonly decode: (stored: never) => unknown
}
type Column = Codec & { readonly name: FieldName; readonly property: string; readonly column: string }

const PLAIN: Codec = { encode: (value) => value, decode: (stored) => stored }
const BIT: Codec = { encode: (value) => bit(value === true), decode: (stored) => stored === 1 }
const BYTES: Codec = { encode: (value) => toBytes(String(value)), decode: toText }
const JSON_TEXT: Codec = { encode: (value) => (value === null ? null : JSON.stringify(value)), decode: JSON.parse }

const BYTES_FIELD: BytesField = 'description'

const COLUMNS: readonly Column[] = FIELD_NAMES.map((name) => {
  const codec = name === BYTES_FIELD ? BYTES : codecOf(fieldOf(name).schema)
  return { ...codec, name, property: propertyOf(name), column: codec === JSON_TEXT ? `${name}_json` : name }
})

function codecOf(schema: object): Codec {
  if ('anyOf' in schema && Array.isArray(schema.anyOf)) {
    return codecOf(schema.anyOf.find((member) => member.type !== 'null'))
  }
  if ('enum' in schema) return PLAIN
  const type = 'type' in schema ? schema.type : null
  if (type === 'boolean') return BIT
  return type === 'string' || type === 'integer' || type === 'number' ? PLAIN : JSON_TEXT
}

export function toWorkflowRow(
  workflow: Workflow,
): Omit<Selectable<WorkflowRow>, 'sender_secrets' | 'sender_secret_count'> {
  return {
    ...encodeFields(workflow),
    id: workflow.id,
    kind: workflow.kind,
    search: workflow.name.toLowerCase(),
    hook_key: workflow.hookKey,
    deployed_version_id: workflow.deployedVersionId,
    deployed_version: workflow.deployedVersion,
    created_at: workflow.createdAt,
    updated_at: workflow.updatedAt,
  }
}

function encodeFields(workflow: Workflow): FieldColumns {
  const values: Readonly<Record<string, unknown>> = workflow
  return Object.fromEntries(
    COLUMNS.map(({ property, column, encode }) => [column, encode(values[property])]),
  ) as FieldColumns
}

export function toWorkflow(row: Omit<Selectable<WorkflowRow>, 'sender_secrets'>): Workflow {
  return {
    ...decodeFields(row),
    id: row.id,
    kind: row.kind,
    hookKey: row.hook_key,
    senderSecrets: row.sender_secret_count,
    deployedVersionId: row.deployed_version_id,
    deployedVersion: row.deployed_version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

function decodeFields(row: FieldColumns & { readonly kind: Kind }): FieldValues {
  const stored: Readonly<Record<string, unknown>> = row
  const fields: Record<string, unknown> = {}
  // Each call of a hook executes this.
  for (const { name, property, column, decode } of COLUMNS) {
    const value = stored[column] ?? null
    fields[property] = value === null ? fieldOf(name).defaultOf(row.kind) : decode(value as never)
  }
  return fields as FieldValues
}
