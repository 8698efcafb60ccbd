/** Schemas of OpenAPI 3.1 are JSON Schema. */

import type { FastifySchema, RouteOptions } from 'fastify'
import { scopeOf } from './common/scopes.ts'

declare module 'fastify' {
  interface FastifySchema {
    readonly hide?: boolean
    readonly tags?: readonly string[]
    readonly summary?: string
    readonly description?: string
    readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
  }
}

export type Route = Pick<RouteOptions, 'method' | 'url' | 'schema' | 'config'>
type Json = Readonly<Record<string, unknown>>
type Properties = { readonly properties?: Readonly<Record<string, Json>>; readonly required?: readonly string[] }

export function describeRoutes(routes: readonly Route[]): Json {
  const paths: Record<string, Json> = {}
  for (const { method, url, schema = {}, config = {} } of routes) {
    if (schema.hide === true) continue
    const path = url.replaceAll(/:(\w+)/g, '{$1}')
    // Fastify adds a HEAD for each GET.
    for (const one of [method].flat().filter((name) => name !== 'HEAD')) {
      const scope = scopeOf(config, one)
      const security = schema.security ?? [{ apiKey: [scope] }, { session: [scope] }]
      paths[path] = { ...paths[path], [one.toLowerCase()]: { ...describe(schema), security } }
    }
  }
  return spell(paths) as Json
}

/** Client generators do not know `patternProperties`. The API of 1.0 has an `enum` for a single value. */
function spell(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spell)
  if (typeof value !== 'object' || value === null) return value
  const spelled = Object.entries(value).map(([key, one]) => {
    if (key === 'patternProperties') return ['additionalProperties', spell(Object.values(one)[0])]
    return key === 'const' && typeof one === 'string' ? ['enum', [one]] : [key, spell(one)]
  })
  return Object.fromEntries(spelled)
}

function describe(schema: FastifySchema): Json {
  const { tags, summary, description, body, response } = schema
  const parameters = [...describeParameters('query', schema.querystring), ...describeParameters('path', schema.params)]
  return {
    tags,
    summary,
    description,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: describeBody(body as Json & Properties) }),
    responses: describeAnswers((response ?? { 200: {} }) as Readonly<Record<string, Json>>),
  }
}

function describeParameters(place: string, schema: unknown): readonly Json[] {
  const { properties = {}, required = [] } = (schema ?? {}) as Properties
  return Object.entries(properties).map(([name, { description, ...value }]) => {
    return { in: place, name, required: required.includes(name), description, schema: value }
  })
}

/** A missing body counts as an empty object. */
function describeBody({ content, ...schema }: Json & Properties): Json {
  const { description, required = [] } = schema
  return content === undefined
    ? { required: required.length > 0, content: { 'application/json': { schema } }, description }
    : { required: false, content }
}

function describeAnswers(answers: Readonly<Record<string, Json>>): Json {
  const described = Object.entries(answers).map(([status, answer]) => {
    const { description = 'Default Response', content = { 'application/json': { schema: answer } } } = answer
    const hasContent = answer.type !== 'null' && Object.keys(answer).length > 0
    return [status.toUpperCase(), { description, ...(hasContent ? { content } : {}) }]
  })
  return Object.fromEntries(described)
}
