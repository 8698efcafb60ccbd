import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  HTTPMethods,
  RawRequestDefaultExpression,
  RawServerDefault,
  RouteHandlerMethod,
  RouteShorthandOptions,
} from 'fastify'
import { type Static, type TSchema, Type } from 'typebox'
import type { ApiContext } from './api.ts'
import { PROBLEMS } from './problem-schema.ts'

type Answers = { readonly [status: number]: TSchema }

type Described = FastifySchema & { readonly response: Answers }
type Options = Described & Pick<RouteShorthandOptions, 'config' | 'bodyLimit'>

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

type NameIn<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer More}`
    ? Name | NameIn<More>
    : Rest
  : never

type Request<Path extends string, O extends Options> = FastifyRequest<
  { readonly Params: { readonly [N in NameIn<Path>]: string } },
  RawServerDefault,
  RawRequestDefaultExpression,
  O,
  TypeBoxTypeProvider
>

type Handle<Path extends string, O extends Options, R> = (
  request: Request<Path, O>,
  context: ApiContext,
  reply: FastifyReply,
) => Promise<R & Exact<AnswerOf<O['response']>, R>>

/** Its handler is checked against its schemas where it is written. */
export type ApiRoute = {
  readonly method: HTTPMethods
  readonly url: string
  readonly options: Options
  readonly handle: (request: never, context: ApiContext, reply: FastifyReply) => Promise<unknown>
}

function makerOf(method: HTTPMethods) {
  return <const Path extends string, O extends Options, R extends FastifyReply | DeepReadonly<AnswerOf<O['response']>>>(
    url: Path,
    options: O,
    handle: Handle<Path, O, R>,
  ): ApiRoute => ({ method, url, options, handle })
}

export const route = {
  get: makerOf('GET'),
  post: makerOf('POST'),
  put: makerOf('PUT'),
  patch: makerOf('PATCH'),
  delete: makerOf('DELETE'),
}

export function addRoutes(app: FastifyInstance, context: ApiContext, routes: readonly ApiRoute[]): void {
  for (const { method, url, options, handle } of routes) {
    const { config = {}, bodyLimit, ...described } = options
    const limit = bodyLimit === undefined ? {} : { bodyLimit }
    const handler: RouteHandlerMethod = (request, reply) => handle(request as never, context, reply)
    app.route({ method, url, config, ...limit, schema: routeSchema(url, described), handler })
  }
}

export function routeSchema(url: string, { response, ...schema }: Described): FastifySchema {
  const names = [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, Type.String()])
  const params = names.length === 0 ? {} : { params: Type.Object(Object.fromEntries(names)) }
  return { ...params, ...schema, response: { ...response, ...PROBLEMS } }
}
