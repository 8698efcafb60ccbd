/** How one field of a workflow is declared. */

import type { Static, TSchema } from 'typebox'
import type { Kind } from './kind.ts'

/** `S` is the schema of what callers send, `V` the type of what is kept, `W` the schema of what the API shows. */
export type Field<S extends TSchema = TSchema, V = unknown, W extends TSchema = TSchema> = {
  readonly schema: S
  readonly shown: W
  /** The value of a workflow that was created without the field, and of a row from before its column was added. */
  readonly defaultOf: (kind: Kind) => V
  /** The only kind of workflow that has the field: on the other kind, it is shown as null, and only null may be sent. */
  readonly only?: Kind
  /** False: the field belongs to this installation, so the workflow's folder does not have it. */
  readonly inFolder?: boolean
  /** Returns the value to keep: fills in what was left out. Throws `bad_request` when it is not valid. */
  parse?(sent: Static<S>): V
}

type Options<V, W> = {
  readonly default: NoInfer<V> | { readonly [K in Kind]: NoInfer<V> }
  readonly only?: Kind
  readonly inFolder?: boolean
  /** Where it differs from what callers send. */
  readonly shown?: W
}

/** Declares a field. Without `parse`, what was sent is kept as it is. */
export function field<S extends TSchema, W extends TSchema = S>(
  schema: S,
  options: Options<Static<S>, W>,
): Field<S, Static<S>, W>
export function field<S extends TSchema, V, W extends TSchema = S>(
  schema: S,
  options: Options<V, W> & { readonly parse: (sent: Static<S>) => V },
): Field<S, V, W>
export function field(schema: TSchema, { default: given, shown = schema, ...rest }: Options<unknown, TSchema>): Field {
  return { schema, shown, defaultOf: (kind) => (isPerKind(given) ? given[kind] : given), ...rest }
}

const isPerKind = (given: unknown): given is { readonly [K in Kind]: unknown } =>
  typeof given === 'object' && given !== null && 'catch' in given && 'pull' in given

/** `rate_limit` as `rateLimit`: the property of a workflow that holds a field. */
export type PropertyOf<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<PropertyOf<Rest>>}`
  : Name
