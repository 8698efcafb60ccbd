/** Flat texts, numbers and booleans. The keywords are few, so that no check is slow. */

import { isObject } from '../json/is-object.ts'

const TYPES = ['string', 'number', 'integer', 'boolean'] as const

type Field = {
  readonly type: (typeof TYPES)[number]
  readonly title?: string
  readonly description?: string
  readonly enum?: readonly (string | number)[]
  readonly default?: string | number | boolean
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
}

export type FieldsSchema = {
  readonly type: 'object'
  readonly properties: Readonly<Record<string, Field>>
  readonly required: readonly string[]
}

const MAX_FIELDS = 30
const MAX_NAME = 100
const MAX_TEXT = 1000
const MAX_VALUE = 10_000
const MAX_OPTIONS = 100
const TEXTS = ['title', 'description'] as const
const NUMBERS = ['minLength', 'maxLength', 'minimum', 'maximum'] as const
const KEYWORDS: readonly string[] = ['type', 'enum', 'default', ...TEXTS, ...NUMBERS]

/** Untrusted. Returns a sentence if it is invalid. */
export function readFields(given: unknown): FieldsSchema | string {
  if (!isObject(given) || !isObject(given.properties) || (given.type ?? 'object') !== 'object')
    return 'fields must be a JSON Schema such as {"type": "object", "properties": {"salary": {"type": "number"}}}'
  const { properties, required = [] } = given
  const names = Object.keys(properties)
  if (names.length > MAX_FIELDS) return `fields may have ${MAX_FIELDS} properties, found ${names.length}`
  const read: [string, Field][] = []
  for (const name of names) {
    const field = readField(properties[name])
    if (name.length === 0 || name.length > MAX_NAME) return `a name of fields must have 1 to ${MAX_NAME} characters`
    if (typeof field === 'string') return `fields: ${JSON.stringify(name)} ${field}`
    read.push([name, field])
  }
  if (!Array.isArray(required) || !required.every((one): one is string => names.includes(one)))
    return 'fields: required must list names of its properties'
  return { type: 'object', properties: Object.fromEntries(read), required: [...new Set(required)] }
}

function readField(given: unknown): Field | string {
  if (!isObject(given)) return 'must be a schema'
  const unknown = Object.keys(given).find((key) => !KEYWORDS.includes(key))
  if (unknown !== undefined) return `has the keyword ${JSON.stringify(unknown.slice(0, 100))}, which tasks do not have`
  const { enum: options } = given
  const isChoice = Array.isArray(options) && options.every((one) => typeof one === 'string')
  const type = TYPES.find((one) => one === (given.type ?? (isChoice ? 'string' : null)))
  if (type === undefined) return `must have the type ${TYPES.join(', ')}`
  for (const key of TEXTS) {
    const text = given[key]
    if (text !== undefined && !(typeof text === 'string' && text.length <= MAX_TEXT)) return `: ${key} must be a text`
  }
  for (const key of NUMBERS)
    if (given[key] !== undefined && !Number.isFinite(given[key])) return `: ${key} must be a number`
  const field = { ...given, type } as Field
  const isList = Array.isArray(options) && options.length > 0 && options.length <= MAX_OPTIONS
  if (options !== undefined && (!isList || type === 'boolean' || !options.every((one) => isOfType(type, one))))
    return `: enum must list 1 to ${MAX_OPTIONS} values of its type`
  if (given.default !== undefined && problemOf(field, given.default) !== null) return ': default does not fit'
  return field
}

/** Returns a sentence if values do not fit. */
export function checkFields({ properties, required }: FieldsSchema, given: Readonly<Record<string, unknown>>) {
  const missing = required.find((name) => !Object.hasOwn(given, name))
  if (missing !== undefined) return `fields.${missing}: expected a value, found none.`
  for (const [name, value] of Object.entries(given)) {
    const field = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (field === undefined) return `fields: unknown field ${JSON.stringify(name.slice(0, MAX_NAME))}.`
    const problem = problemOf(field, value)
    if (problem !== null) return `fields.${name}: expected ${problem}, found ${JSON.stringify(value).slice(0, 80)}.`
  }
  return null
}

/** Returns the expected value. Null: it fits. */
function problemOf(field: Field, value: unknown): string | null {
  const { type, enum: options, minLength = 0, maxLength = MAX_VALUE, minimum, maximum } = field
  if (!isOfType(type, value)) return type === 'integer' ? 'a whole number' : `a ${type}`
  if (options !== undefined && !options.some((one) => one === value)) return `one of ${options.join(', ')}`
  if (typeof value === 'string') {
    if (value.length < minLength) return `at least ${minLength} characters`
    const most = Math.min(maxLength, MAX_VALUE)
    return value.length > most ? `at most ${most} characters` : null
  }
  if (typeof value !== 'number') return null
  if (minimum !== undefined && value < minimum) return `at least ${minimum}`
  return maximum !== undefined && value > maximum ? `at most ${maximum}` : null
}

const isOfType = (type: Field['type'], value: unknown): boolean =>
  type === 'integer'
    ? Number.isSafeInteger(value)
    : typeof value === type && (type !== 'number' || Number.isFinite(value))
