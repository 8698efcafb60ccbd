/** Random values for the JSON Schemas of the OpenAPI document: most of them fit, some are wrong, missing or unknown. */

import fc from 'fast-check'

export type Schema = {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxLength?: number
}

const MAX_ITEMS = 4
/** Fields of a fitting object that may be left out. */
const MAX_OPTIONAL = 2
const HOSTILE: readonly unknown[] = [
  '',
  ' ',
  '\0',
  '\ud800',
  '../../etc/passwd',
  '__proto__',
  '=1+1',
  'x'.repeat(5000),
  ' '.repeat(20_000),
  '9'.repeat(400),
  '0000-00-00T99:99:99Z',
  '* * * * *',
  '127.0.0.1',
  1e308,
  -1,
  0,
  2 ** 53,
  1.5,
  null,
  true,
  {},
  [],
  [[[[[[]]]]]],
]
export const TEXTS: readonly string[] = HOSTILE.filter((value) => typeof value === 'string')

/**
 * Returns an arbitrary for a schema. `known` are texts that the server knows, such as ids; they are half of all texts.
 * A wild value has wrong parts; another one fits the schema and has few of the fields that may be left out.
 */
export function schemaValue(schema: Schema, known: fc.Arbitrary<string>, isWild: boolean): fc.Arbitrary<unknown> {
  if (!isWild) return fittingValue(schema, known, false)
  return fc.oneof({ weight: 9, arbitrary: fittingValue(schema, known, true) }, { weight: 1, arbitrary: hostileValue() })
}

const hostileValue = (): fc.Arbitrary<unknown> => fc.oneof(fc.constantFrom(...HOSTILE), fc.jsonValue({ maxDepth: 3 }))

function fittingValue(schema: Schema, known: fc.Arbitrary<string>, isWild: boolean): fc.Arbitrary<unknown> {
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((one) => schemaValue(one, known, isWild)))
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const { minimum: min = 0, maximum: max = 2 ** 40 } = schema
  switch (schema.type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'integer':
      return isWild ? fc.constantFrom(min, max, min - 1, max + 1) : fc.integer({ min, max: Math.min(max, min + 20) })
    case 'number':
      return fc.double({ min, max, noNaN: true })
    case 'string':
      return isWild ? textValue(known) : fittingText(schema, known)
    case 'array':
      return listOf(schema, known, isWild)
    case 'object':
      return objectOf(schema, known, isWild)
    default:
      return fc.jsonValue({ maxDepth: 3 })
  }
}

export const textValue = (known: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: known },
    { weight: 2, arbitrary: fc.constantFrom(...TEXTS) },
    { weight: 2, arbitrary: fc.string({ maxLength: 20 }) },
  )

const fittingText = ({ maxLength = 20 }: Schema, known: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(known, fc.string({ minLength: 1, maxLength: Math.min(maxLength, 20) }))

function listOf(schema: Schema, known: fc.Arbitrary<string>, isWild: boolean): fc.Arbitrary<unknown> {
  const { items = {}, minItems = 0, maxItems = MAX_ITEMS } = schema
  const maxLength = Math.max(minItems, Math.min(maxItems, MAX_ITEMS))
  return fc.array(schemaValue(items, known, isWild), { minLength: minItems, maxLength })
}

function objectOf(schema: Schema, known: fc.Arbitrary<string>, isWild: boolean): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties: others } = schema
  const fields = Object.entries(properties).map(([name, one]) => [name, schemaValue(one, known, isWild)] as const)
  const more =
    typeof others === 'object'
      ? fc.dictionary(textValue(known), schemaValue(others, known, isWild), { maxKeys: 3 })
      : fc.dictionary(fc.string({ maxLength: 10 }), hostileValue(), { maxKeys: isWild ? 1 : 0 })
  const optional = fields.filter(([name]) => !required.includes(name))
  const needed = fields.filter(([name]) => required.includes(name))
  const named = isWild
    ? fc.record(Object.fromEntries(fields), { requiredKeys: [] })
    : fc
        .subarray(optional, { maxLength: Math.min(MAX_OPTIONAL, optional.length) })
        .chain((some) => fc.record(Object.fromEntries([...some, ...needed])))
  return fc.tuple(named, more).map(([known, unknown]) => ({ ...known, ...unknown }))
}
