import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { partsOf } from '../../../domain/json/pointer.ts'
import { UserError } from '../../../errors.ts'

const MAX_NAME = 100
const MAX_PATH = 300
const MAX_FIELDS = 200
const MAX_LISTED = 8

type Part = 'body' | 'querystring' | 'params' | 'headers'

/** Empty strings of a query count as missing. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const findProblem = createCheck(schema)
  const part: Part = httpPart === 'body' || httpPart === 'params' || httpPart === 'headers' ? httpPart : 'querystring'
  return (value: unknown) => {
    const typed = part === 'querystring' ? typedQuery(schema, value) : value
    const problem = findProblem(typed, placeOf(part))
    return problem === null ? { value: typed } : { error: new UserError('bad_request', problem) }
  }
}

function typedQuery(schema: TSchema, value: unknown): unknown {
  if (!isRecord(value)) return value
  const properties = 'properties' in schema && isRecord(schema.properties) ? schema.properties : {}
  const given = Object.entries(value).filter(([, text]) => text !== '')
  return Object.fromEntries(given.map(([name, text]) => [name, typedText(typeOf(properties[name]), text)]))
}

function typedText(type: unknown, text: unknown): unknown {
  if (typeof text !== 'string') return text
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

const placeOf = (part: Part): string =>
  part === 'body' ? 'the body' : part === 'querystring' ? 'the query' : 'the path'

type Found = {
  readonly keyword: string
  readonly instancePath: string
  readonly params: object
  readonly message: string
}

export type Check = (value: unknown, where: string) => string | null

export function createCheck(schema: TSchema): Check {
  // Compiling all schemas took 0.1 s of each start.
  const compile = () => Compile(schema)
  let compiled: ReturnType<typeof compile> | null = null
  return (value, where) => {
    const unknown = firstOfManyUnknown(schema, value)
    if (unknown !== null) return withSuggestion(`${where}: unknown field ${quote(unknown)}.`, schema)
    compiled ??= compile()
    if (compiled.Check(value)) return null
    return withSuggestion(describe(compiled.Errors(value), value, where), schema)
  }
}

/** Suggests a field that differs only in case, hyphens, underscores or one letter. */
function withSuggestion(problem: string, schema: TSchema): string {
  const [, place = '', unknown = ''] = /(?:^|: )([^:]*): unknown field "([^"\\]+)"\.$/.exec(problem) ?? []
  const plain = (name: string) => name.replace(/[-_]/g, '').toLowerCase()
  const names = unknown === '' ? [] : namesIn(schema).filter((name) => name !== unknown)
  const near =
    names.find((name) => plain(name) === plain(unknown)) ??
    names.find((name) => name.length > 3 && isOneSlipAway(plain(name), plain(unknown)))
  if (near !== undefined) return `${problem} Did you mean ${quote(near)}?`
  const known = Object.keys(propertiesAt(schema, place))
  return known.length === 0 || known.length > MAX_LISTED ? problem : `${problem} Expected only ${known.join(', ')}.`
}

/** `place`: a path of fields, or words such as `the body`. */
function propertiesAt(schema: object, place: string): object {
  let properties = 'properties' in schema && isRecord(schema.properties) ? schema.properties : {}
  for (const name of place.includes(' ') ? [] : place.split('.')) {
    const field = Object.hasOwn(properties, name) ? properties[name] : undefined
    properties = isRecord(field) && isRecord(field.properties) ? field.properties : {}
  }
  return properties
}

/** True if one letter is missing, added or wrong, or two neighbours are swapped. */
function isOneSlipAway(one: string, other: string): boolean {
  let start = 0
  while (start < one.length && one[start] === other[start]) start += 1
  let end = 0
  while (end < Math.min(one.length, other.length) - start && one.at(-1 - end) === other.at(-1 - end)) end += 1
  const [left, right] = [one, other].map((text) => text.slice(start, text.length - end))
  if (left === undefined || right === undefined) return false
  return Math.max(left.length, right.length) === 1 || (left.length === 2 && right === `${left[1]}${left[0]}`)
}

function namesIn(schema: unknown): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap(namesIn)
  if (!isRecord(schema)) return []
  const own = isRecord(schema.properties) ? Object.keys(schema.properties) : []
  return [...own, ...Object.values(schema).flatMap(namesIn)]
}

/** The library takes 2 µs for each unknown field. */
function firstOfManyUnknown(schema: TSchema, value: unknown): string | null {
  if (!isRecord(value) || !('properties' in schema) || !isRecord(schema.properties)) return null
  const names = 'additionalProperties' in schema && schema.additionalProperties === false ? Object.keys(value) : []
  const known = schema.properties
  return names.length > MAX_FIELDS ? (names.find((name) => !Object.hasOwn(known, name)) ?? null) : null
}

function describe(errors: readonly Found[], value: unknown, where: string): string {
  const unknown = errors.find(({ keyword }) => keyword === 'additionalProperties')
  if (unknown !== undefined) {
    return `${fieldOf(unknown, where)}: unknown field ${listOf(unknown.params, 'additionalProperties')}.`
  }
  // The library stops after 8 errors, before the unknown fields.
  const unknownField = errors.find(({ keyword }) => keyword === 'boolean')
  if (unknownField !== undefined) {
    const at = unknownField.instancePath.lastIndexOf('/')
    const parent = { ...unknownField, instancePath: unknownField.instancePath.slice(0, at) }
    return `${fieldOf(parent, where)}: unknown field ${quote(unknownField.instancePath.slice(at + 1))}.`
  }
  const missing = errors.find(({ keyword }) => keyword === 'required')
  if (missing !== undefined) {
    return `${fieldOf(missing, where)}: expected the field ${listOf(missing.params, 'requiredProperties')}, found none.`
  }
  const [error, ...others] = alternatives(errors)
  if (error === undefined) return `${where} is not valid.`
  const expected = [...new Set([error, ...others].map(expectation))].join(' or ')
  return `${fieldOf(error, where)}: expected ${expected}, found ${show(valueAt(value, error.instancePath))}.`
}

/** Returns the first error, or the alternatives' errors for the deepest matching path. */
function alternatives(errors: readonly Found[]): readonly Found[] {
  const end = errors.findIndex(({ keyword }) => keyword === 'anyOf')
  if (end === -1) return errors.slice(0, 1)
  const joined = errors[end]?.instancePath ?? ''
  const each = errors.slice(0, end).filter(({ instancePath }) => instancePath.startsWith(joined))
  const depth = Math.max(...each.map(({ instancePath }) => instancePath.split('/').length))
  const deepest = each.find(({ instancePath }) => instancePath.split('/').length === depth)?.instancePath
  return each.filter(({ instancePath }) => instancePath === deepest)
}

function expectation({ keyword, params, message }: Found): string {
  const { limit, type, allowedValue, allowedValues }: Record<string, unknown> = { ...params }
  switch (keyword) {
    case 'type':
      return String(type) === 'integer' ? 'a whole number' : String(type)
    case 'enum':
      return `one of ${Array.isArray(allowedValues) ? allowedValues.join(', ') : ''}`
    case 'const':
      return show(allowedValue)
    case 'minItems':
      return `at least ${limit} item(s)`
    case 'maxItems':
      return `at most ${limit} items`
    case 'uniqueItems':
      return 'items that differ'
    case 'minLength':
      return `at least ${limit} character(s)`
    case 'maxLength':
      return `at most ${limit} characters`
    case 'minimum':
      return `at least ${limit}`
    case 'maximum':
      return `at most ${limit}`
    default:
      return message
  }
}

function fieldOf({ instancePath }: Found, where: string): string {
  const path = instancePath.slice(1, MAX_PATH).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~')
  return instancePath === '' ? where : path
}

function listOf(params: object, name: string): string {
  const names: unknown = Object.entries(params).find(([key]) => key === name)?.[1]
  return Array.isArray(names) ? names.map((field) => quote(String(field))).join(', ') : ''
}

const quote = (name: string): string => JSON.stringify(name.slice(0, MAX_NAME))

function valueAt(value: unknown, instancePath: string): unknown {
  let found = value
  for (const step of partsOf(instancePath)) found = isRecord(found) ? found[step] : undefined
  return found
}

/** A long value may be a secret or a whole program. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  if (text.length <= 80) return text
  // JSON Schema counts characters, without quotes and escapes.
  if (typeof value === 'string') return `a string of ${[...value].length} characters`
  return Array.isArray(value) ? `an array of ${value.length} items` : `a ${typeof value} of ${text.length} characters`
}

function typeOf(schema: unknown): unknown {
  return isRecord(schema) ? schema.type : undefined
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
