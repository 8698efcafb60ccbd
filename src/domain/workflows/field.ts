import type { Static, TSchema } from 'typebox'
import type { Kind } from '../shared/kind.ts'

/** `S`: schema of the sent value. `V`: type of the kept value. `W`: schema of the shown value. */
export type Field<S extends TSchema = TSchema, V = unknown, W extends TSchema = TSchema> = {
  readonly schema: S
  readonly shown: W
  /** Rows older than the column have the default. */
  readonly defaultOf: (kind: Kind) => V
  readonly only?: Kind
  readonly inFolder?: boolean
  /** Throws `bad_request`. */
  parse?(sent: Static<S>): V
}

type Options<V, W> = {
  readonly default: NoInfer<V> | { readonly [K in Kind]: NoInfer<V> }
  readonly only?: Kind
  readonly inFolder?: boolean
  readonly shown?: W
}

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

export type PropertyOf<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<PropertyOf<Rest>>}`
  : Name
