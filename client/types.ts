/** What a call of the API takes and returns, read from the generated schema. */

import type { components, paths } from './generated/schema.ts'

/** The shapes of the API by name, such as `Schemas['Run']`. */
export type Schemas = components['schemas']

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** The paths that have this method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends { [K in M]: object } ? P : never
}[keyof paths]

/** The call of this method and path. */
type Call<M extends Method, P extends PathOf<M>> = paths[P] extends { [K in M]: infer C } ? C : never

/** What calls return: the JSON of their answer, or undefined for one without a body. */
export type Answer<M extends Method, P extends PathOf<M>> = AnswerOf<Call<M, P>>

type AnswerOf<C> = C extends { responses: infer R } ? JsonOf<R[keyof R & (200 | 201 | 202 | 204)]> : never
type JsonOf<R> = R extends { content: { 'application/json': infer J } } ? J : undefined

/** The JSON that a call takes. */
export type Body<M extends Method, P extends PathOf<M>> = Unchanged<BodyOf<Call<M, P>>>

type BodyOf<C> = C extends { requestBody?: { content: { 'application/json': infer B } } } ? B : never

/** What a stream sends, each with the name of the event and its data. */
export type StreamEvent<P extends StreamPath> =
  Call<'get', P> extends { responses: { 200: { content: { 'text/event-stream': infer E } } } } ? E : never

export type StreamPath = {
  [P in PathOf<'get'>]: Call<'get', P> extends { responses: { 200: { content: { 'text/event-stream': unknown } } } }
    ? P
    : never
}[PathOf<'get'>]

/** Options that every call has. */
export type CallOptions = {
  readonly signal?: AbortSignal | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** Of a stream: called once it is open. From then on it has every event. */
  readonly onOpen?: () => void
}

/** What a call is given: its parameters and its body, as far as it has them. */
export type Input<M extends Method, P extends PathOf<M>> = CallOptions &
  PathPart<Call<M, P>> &
  QueryPart<Call<M, P>> &
  BodyPart<Call<M, P>>

type PathPart<C> = C extends { parameters: { path: infer P extends object } } ? { readonly path: P } : unknown

type QueryPart<C> = C extends { parameters: { query: infer Q extends object } }
  ? { readonly query: OrNone<Q> }
  : C extends { parameters: { query?: infer Q extends object } }
    ? { readonly query?: OrNone<Q> }
    : unknown

/** Null and undefined leave a parameter out. */
type OrNone<Q> = { readonly [N in keyof Q]: Q[N] | null }

type BodyPart<C> = C extends { requestBody: { content: { 'application/json': infer B } } }
  ? { readonly body: Unchanged<B> }
  : C extends { requestBody?: { content: { 'application/json': infer B } } }
    ? { readonly body?: Unchanged<B> }
    : unknown

/** The client does not change what it is given, so that may be read-only. */
type Unchanged<T> = T extends readonly (infer I)[]
  ? readonly Unchanged<I>[]
  : T extends object
    ? { readonly [K in keyof T]: Unchanged<T[K]> }
    : T

/** The input may be left out when all of it is optional. */
export type Inputs<M extends Method, P extends PathOf<M>> =
  Record<never, never> extends Input<M, P> ? [input?: Input<M, P>] : [input: Input<M, P>]
