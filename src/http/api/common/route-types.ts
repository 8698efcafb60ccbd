import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
  RouteGenericInterface,
  RouteShorthandOptions,
} from 'fastify'
import type { Static, TSchema } from 'typebox'

type Answers = { readonly [status: number]: TSchema }

type Schema = FastifySchema & { readonly response: Answers }

type AnswerOf<R extends Answers> = {
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing returns void
  [N in keyof R]: N extends 204 ? void : R[N] extends TSchema ? Static<R[N]> : never
}[keyof R]

export type Shown<S extends TSchema> = DeepReadonly<Static<S>>

type DeepReadonly<T> = T extends readonly (infer I)[]
  ? readonly DeepReadonly<I>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T

type Member<T, K extends PropertyKey> = T extends unknown ? (K extends keyof T ? T[K] : never) : never
type KeyOf<T> = T extends unknown ? keyof T : never
type Item<T> = T extends readonly (infer I)[] ? I : never

type Exact<Wanted, Given> = unknown extends Wanted
  ? Given
  : Given extends FastifyReply
    ? Given
    : Given extends readonly (infer I)[]
      ? readonly Exact<Item<Wanted>, I>[]
      : Given extends object
        ? { [K in keyof Given]: K extends KeyOf<Wanted> ? Exact<Member<Wanted, K>, Given[K]> : never }
        : Given

type Request<S extends Schema> = FastifyRequest<
  RouteGenericInterface,
  RawServerDefault,
  RawRequestDefaultExpression,
  S,
  TypeBoxTypeProvider
>

type Route = <S extends Schema, R extends FastifyReply | DeepReadonly<AnswerOf<S['response']>>>(
  path: string,
  options: Omit<RouteShorthandOptions, 'schema'> & { readonly schema: S },
  handler: (request: Request<S>, reply: FastifyReply) => Promise<R & Exact<AnswerOf<S['response']>, R>>,
) => unknown

export type Api = { readonly [M in 'get' | 'post' | 'put' | 'patch' | 'delete']: Route } & Pick<
  FastifyInstance<
    RawServerDefault,
    RawRequestDefaultExpression,
    RawReplyDefaultExpression,
    FastifyBaseLogger,
    TypeBoxTypeProvider
  >,
  'route' | 'register'
>
