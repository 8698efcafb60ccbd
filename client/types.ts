import type { components, paths } from './generated/schema.ts'

export type Schemas = components['schemas']

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends { [K in M]: object } ? P : never
}[keyof paths]

type Call<M extends Method, P extends PathOf<M>> = paths[P] extends { [K in M]: infer C } ? C : never

/** The JSON of a response, or undefined without a body. */
export type Answer<M extends Method, P extends PathOf<M>> = AnswerOf<Call<M, P>>

type AnswerOf<C> = C extends { responses: infer R } ? JsonOf<R[keyof R & (200 | 201 | 202 | 204)]> : never
type JsonOf<R> = R extends { content: { 'application/json': infer J } } ? J : undefined

export type Body<M extends Method, P extends PathOf<M>> = Unchanged<BodyOf<Call<M, P>>>

type BodyOf<C> = C extends { requestBody?: { content: { 'application/json': infer B } } } ? B : never

export type StreamEvent<P extends StreamPath> =
  Call<'get', P> extends { responses: { 200: { content: { 'text/event-stream': infer E } } } } ? E : never

export type StreamPath = {
  [P in PathOf<'get'>]: Call<'get', P> extends { responses: { 200: { content: { 'text/event-stream': unknown } } } }
    ? P
    : never
}[PathOf<'get'>]

export type CallOptions = {
  readonly signal?: AbortSignal | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** Streams only. No event after the call is missed. */
  readonly onOpen?: () => void
}

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

type OrNone<Q> = { readonly [N in keyof Q]: Q[N] | null }

type BodyPart<C> = C extends { requestBody: { content: { 'application/json': infer B } } }
  ? { readonly body: Unchanged<B> }
  : C extends { requestBody?: { content: { 'application/json': infer B } } }
    ? { readonly body?: Unchanged<B> }
    : unknown

/** The input may be read-only. */
type Unchanged<T> = T extends readonly (infer I)[]
  ? readonly Unchanged<I>[]
  : T extends object
    ? { readonly [K in keyof T]: Unchanged<T[K]> }
    : T

export type Inputs<M extends Method, P extends PathOf<M>> =
  Record<never, never> extends Input<M, P> ? [input?: Input<M, P>] : [input: Input<M, P>]
