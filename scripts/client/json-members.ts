import type { OpenAPI3 } from 'openapi-typescript'
import { isObject } from '../../src/domain/json/is-object.ts'

/** Defined in `src/http/api/common/schemas.ts`. */
export const MARK = 'x-json-text'

/** `*` means the items of a list. */
type JsonTree = true | { [name: string]: JsonTree }
type Found = { request?: JsonTree; answer?: JsonTree }

export function findJsonMembers(document: OpenAPI3): Readonly<Record<string, Found>> {
  const calls = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, call]) => [`${method.toUpperCase()} ${path}`, findOfCall(call)] as const),
  )
  return Object.fromEntries(calls.filter(([, found]) => Object.keys(found).length > 0))
}

function findOfCall(call: unknown): Found {
  const request = treeOf(memberOf(call, 'requestBody', 'content', 'application/json', 'schema'))
  const answers = Object.entries(objectOf(memberOf(call, 'responses')))
    .filter(([status]) => status.startsWith('2'))
    .map(([, answer]) => treeOf(memberOf(answer, 'content', 'application/json', 'schema')))
  const answer = answers.find((tree) => tree !== null) ?? null
  return { ...(request === null ? {} : { request }), ...(answer === null ? {} : { answer }) }
}

function treeOf(schema: unknown): JsonTree | null {
  if (!isObject(schema)) return null
  const { properties, items, anyOf, [MARK]: isText } = schema
  if (isText === true) return true
  const members = Object.entries(objectOf(properties)).map(([name, member]) => [name, treeOf(member)] as const)
  const ofItems = treeOf(items)
  const trees = [
    Object.fromEntries([...members, ['*', ofItems] as const].filter(([, tree]) => tree !== null)),
    ...(Array.isArray(anyOf) ? anyOf.map(treeOf) : []),
  ]
  const found = Object.assign({}, ...trees.filter((tree) => tree !== null))
  return Object.keys(found).length === 0 ? null : found
}

const objectOf = (value: unknown): Record<string, unknown> => (isObject(value) ? value : {})

const memberOf = (value: unknown, ...names: readonly string[]): unknown =>
  names.reduce((found, name) => objectOf(found)[name], value)
