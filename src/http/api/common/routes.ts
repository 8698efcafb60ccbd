import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  RawRequestDefaultExpression,
  RawServerDefault,
  RouteHandlerMethod,
  RouteShorthandOptions,
} from 'fastify'
import { type Static, type TSchema, Type } from 'typebox'
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

type AddRoute = <
  Path extends string,
  O extends Options,
  R extends FastifyReply | DeepReadonly<AnswerOf<O['response']>>,
>(
  path: Path,
  options: O,
  handler: (request: Request<Path, O>, reply: FastifyReply) => Promise<R & Exact<AnswerOf<O['response']>, R>>,
) => void

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const

export type Api = { readonly [M in (typeof METHODS)[number]]: AddRoute } & { readonly instance: FastifyInstance }

export function createApi(instance: FastifyInstance): Api {
  const adderOf =
    (method: string) =>
    (url: string, { config = {}, bodyLimit, ...described }: Options, handler: RouteHandlerMethod): void => {
      const limit = bodyLimit === undefined ? {} : { bodyLimit }
      instance.route({ method, url, config, ...limit, schema: routeSchema(url, described), handler })
    }
  const adders = METHODS.map((method) => [method, adderOf(method.toUpperCase())])
  return { instance, ...Object.fromEntries(adders) } as Api
}

export function routeSchema(url: string, { response, ...schema }: Described): FastifySchema {
  const names = [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, Type.String()])
  const params = names.length === 0 ? {} : { params: Type.Object(Object.fromEntries(names)) }
  return { ...params, ...schema, response: { ...response, ...PROBLEMS } }
}
