import { type TOptional, Type } from 'typebox'
import { FIELD_NAMES } from '../../../domain/workflows/fields.ts'
import { type FieldName, WORKFLOW_FIELDS } from '../../../domain/workflows/workflow.ts'

type Fields = typeof WORKFLOW_FIELDS

export const sentFields = Object.fromEntries(
  FIELD_NAMES.map((name) => [name, Type.Optional(WORKFLOW_FIELDS[name].schema)]),
) as { [N in FieldName]: TOptional<Fields[N]['schema']> }

export const shownFields = Object.fromEntries(FIELD_NAMES.map((name) => [name, WORKFLOW_FIELDS[name].shown])) as {
  [N in FieldName]: Fields[N]['shown']
}
