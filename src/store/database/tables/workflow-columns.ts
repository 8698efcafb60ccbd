import type { FieldName, FieldValue } from '../../../domain/workflows/workflow.ts'

export type BytesField = 'description'
type Scalar = string | number | boolean | null

type ColumnName<N extends FieldName> = FieldValue<N> extends Scalar ? N : `${N}_json`
type ColumnValue<N extends FieldName> = N extends BytesField
  ? Uint8Array
  : FieldValue<N> extends boolean
    ? 0 | 1
    : FieldValue<N> extends Scalar
      ? FieldValue<N>
      : string | null

/** Lists and objects are JSON in `…_json`. */
export type FieldColumns = { [N in FieldName as ColumnName<N>]: ColumnValue<N> }
