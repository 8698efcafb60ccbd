/** Random calls of the operations of an OpenAPI document. */

import fc from 'fast-check'
import { type Schema, schemaValue, TEXTS, textValue } from './schema-values.ts'

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const
/** These calls may wait for a sandbox, a build or a download, so they are made less often. */
const IS_SLOW =
  /^POST .*\/(runs|replay|versions|deploy|promote|trials|build|preview|duplicate|runtimes|test|resolve|import|\{hook_key\}|sample-call)$|^GET \/api\/connectors/
/** This stream does not end. */
const IS_LEFT_OUT = /^GET \/api\/events$/

type Described = {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: Schema }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> }
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
}
export type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>> }
export type Operation = {
  /** Such as `GET /api/workflows/{id}`. */
  readonly name: string
  /** What the sender needs; null: anybody may call it. */
  readonly scope: string | null
  readonly isSlow: boolean
  readonly calls: fc.Arbitrary<Call>
}
export type Call = {
  readonly method: string
  readonly path: string
  readonly type?: string
  readonly body?: string
}
/** Returns one of the ids that belong into the path, chosen by a number. */
export type FindId = (path: string, name: string, choice: number) => string

/** Returns the operations of a document, each with an arbitrary of its calls. */
export function readOperations({ paths }: Document, findId: FindId): readonly Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    METHODS.flatMap((method): readonly Operation[] => {
      const described = methods[method]
      const name = `${method.toUpperCase()} ${path}`
      if (described === undefined || IS_LEFT_OUT.test(name)) return []
      const scope = Object.values(described.security?.[0] ?? {})[0]?.[0] ?? null
      return [
        { name, scope, isSlow: IS_SLOW.test(name), calls: callsOf(path, method.toUpperCase(), described, findId) },
      ]
    }),
  )
}

/** Returns an arbitrary of operations in which the slow ones are few. */
export function chooseOperation(operations: readonly Operation[]): fc.Arbitrary<Operation> {
  return fc.oneof(
    { weight: 60, arbitrary: fc.constantFrom(...operations.filter(({ isSlow }) => !isSlow)) },
    { weight: 1, arbitrary: fc.constantFrom(...operations.filter(({ isSlow }) => isSlow)) },
  )
}

function callsOf(path: string, method: string, described: Described, findId: FindId): fc.Arbitrary<Call> {
  const known = fc.nat().map((choice) => findId('/api', '', choice))
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const parts = fc.tuple(...names.map((name) => pathPart(path, name, findId)))
  const inQuery = (described.parameters ?? []).filter((parameter) => parameter.in === 'query')
  const query = fc.record(
    Object.fromEntries(inQuery.map(({ name, schema }) => [name, queryValue(schema ?? {}, known)])),
    { requiredKeys: [] },
  )
  return fc.tuple(parts, query, bodyOf(described, known)).map(([values, search, sent]) => {
    const left = [...values]
    const filled = path.replaceAll(/\{\w+\}/g, () => left.shift() ?? '')
    const text = new URLSearchParams(search as Record<string, string>)
    return { method, path: text.size === 0 ? filled : `${filled}?${text}`, ...sent }
  })
}

const queryValue = (schema: Schema, known: fc.Arbitrary<string>) =>
  fc
    .oneof(schemaValue(schema, known, false), schemaValue(schema, known, true))
    .map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value)))

/** Half of the ids are real. No value is a path of dots, which would be another operation. */
function pathPart(path: string, name: string, findId: FindId): fc.Arbitrary<string> {
  const real = fc.nat().map((choice) => encodeURIComponent(findId(path, name, choice)))
  const other = textValue(fc.nat().map((choice) => findId('/api', '', choice)))
    .filter((text) => !/^\.{0,2}$/.test(text) && text.isWellFormed())
    .map(encodeURIComponent)
  return fc.oneof(
    { weight: 6, arbitrary: real },
    { weight: 4, arbitrary: other },
    { weight: 1, arbitrary: fc.constantFrom('%ff', '%00', '%', '%2F', '%252e', 'x'.repeat(300)) },
  )
}

function bodyOf({ requestBody }: Described, known: fc.Arbitrary<string>): fc.Arbitrary<Pick<Call, 'type' | 'body'>> {
  const none = fc.constant({})
  if (requestBody === undefined) return none
  const [[type = 'application/json', { schema = {} } = {}] = []] = Object.entries(requestBody.content)
  const values = fc.oneof({ weight: 2, arbitrary: schemaValue(schema, known, false) }, schemaValue(schema, known, true))
  const good = values.map((value) => ({ type, body: JSON.stringify(value) }))
  const text = fc.oneof(fc.constantFrom(...TEXTS, '{', '[', '{"a":1e999}', '{"__proto__":{}}'), fc.string())
  const bad = fc
    .tuple(fc.constantFrom(type, 'text/plain', 'application/json; charset=utf-16', 'x'), text)
    .map(([wrong, body]) => ({ type: wrong, body }))
  return fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: bad }, { weight: 1, arbitrary: none })
}
