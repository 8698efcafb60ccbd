import { createRequire } from 'node:module'
import type { Ajv, ErrorObject, Options, ValidateFunction } from 'ajv'
import { Type } from 'typebox'
import { reasonOf, UserError } from '../../errors.ts'
import { escapePart } from '../json/pointer.ts'
import { isStorable } from '../shared/schemas.ts'
import { multipleOf } from './multiple-of.ts'

export type RequestSchema = Readonly<Record<string, unknown>>

export type Mismatch = {
  /** JSON Pointer (RFC 6901). */
  readonly pointer: string
  readonly detail: string
}

/** Without `all`, stops at the first mismatch. */
export type SchemaCheck = (value: unknown, all: boolean) => readonly Mismatch[]

const MAX_BYTES = 32 * 1024
const MAX_DEPTH = 32
/** Compiling 1,500 took 150 ms. */
const MAX_NODES = 1500
const MAX_PATTERN = 1000
/** Sum of the counts of all patterns, such as 20 in `{1,20}`. RE2 copies the expression for each: 200,000 took 16 s. */
const MAX_REPEATS = 5000
const MAX_MISMATCHES = 20
const REFERENCES = new Set(['$ref', '$dynamicRef', '$recursiveRef'])

/** Ajv and RE2 took 50 ms of each start. */
const require = createRequire(import.meta.url)
const ajv = (): typeof import('ajv') => require('ajv')
const ajv2019 = (): typeof import('ajv/dist/2019.js') => require('ajv/dist/2019.js')
const ajv2020 = (): typeof import('ajv/dist/2020.js') => require('ajv/dist/2020.js')
const ajvFormats = (): typeof import('ajv-formats') => require('ajv-formats')
const re2js = (): typeof import('re2js') => require('re2js')

const DRAFTS: readonly (readonly [uri: RegExp, create: (options: Options) => Ajv])[] = [
  [/^https?:\/\/json-schema\.org\/draft-07\/schema#?$/, (options) => new (ajv().Ajv)(options)],
  [/^https:\/\/json-schema\.org\/draft\/2019-09\/schema#?$/, (options) => new (ajv2019().Ajv2019)(options)],
  [/^https:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/, (options) => new (ajv2020().Ajv2020)(options)],
]

export const RequestSchemaSchema = Type.Record(Type.String(), Type.Unknown(), {
  description: 'A JSON Schema that bodies must match; those that break it are 400',
})

/** Throws `bad_request` for a large schema or one that refers to another document. */
export function parseRequestSchema(sent: RequestSchema | null): RequestSchema | null {
  if (sent === null) return null
  const size = Buffer.byteLength(JSON.stringify(sent))
  if (size > MAX_BYTES) throw refused(`expected at most ${MAX_BYTES} bytes, found ${size}`)
  const count = { nodes: 0, repeats: 0 }
  assertParts(sent, '', count)
  return sent
}

/** Throws `bad_request`. Call it in a thread: up to 0.2 s. */
export function assertCompiles(schema: RequestSchema): void {
  assertPatterns(schema, '')
  compile(schema, false)
}

function assertPatterns(value: unknown, pointer: string): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) {
    const place = `${pointer}/${escapeStep(key)}`
    if (key === 'pattern' && typeof member === 'string') assertPattern(member, place)
    assertPatterns(member, place)
  }
}

/** Throws `bad_request`. Run the check in a thread: it may be slow. */
export function compileRequestSchema(schema: RequestSchema): SchemaCheck {
  const compiled = new Map<boolean, ValidateFunction>()
  return (value, all) => {
    const check = compiled.get(all) ?? compile(schema, all)
    compiled.set(all, check)
    return check(value) ? [] : (check.errors ?? []).slice(0, MAX_MISMATCHES).map(mismatchOf)
  }
}

function compile(schema: RequestSchema, allErrors: boolean): ValidateFunction {
  const { $schema = 'https://json-schema.org/draft/2020-12/schema' } = schema
  const draft = DRAFTS.find(([uri]) => uri.test(String($schema)))
  if (draft === undefined) {
    throw refused(
      `$schema: expected draft-07, 2019-09 or 2020-12, found ${JSON.stringify(String($schema).slice(0, 200))}`,
    )
  }
  const regExp = Object.assign((pattern: string) => linear(pattern), { code: '' })
  const create = draft[1]
  const instance = create({
    allErrors,
    strict: false,
    // Excludes inherited names such as `toString`.
    ownProperties: true,
    // Inlining would copy a schema with many references into itself.
    inlineRefs: false,
    logger: false,
    code: { regExp },
  })
  ajvFormats().default(instance)
  instance.removeKeyword('multipleOf').addKeyword({
    keyword: 'multipleOf',
    type: 'number',
    schemaType: 'number',
    compile: multipleOf,
    error: { message: ({ schema }) => `must be multiple of ${schema}` },
  })
  try {
    return instance.compile(schema)
  } catch (error) {
    throw refused(error instanceof Error ? error.message.slice(0, 500) : String(error))
  }
}

/** RE2's time is linear in the text: no caller can slow a match. */
function linear(pattern: string): { test(text: string): boolean; toString(): string } {
  const { RE2JS } = re2js()
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern))
  // Ajv identifies patterns by their text.
  return { test: (text) => compiled.matcher(text).find(), toString: () => pattern }
}

function assertParts(value: unknown, pointer: string, count: { nodes: number; repeats: number }): void {
  count.nodes += 1
  if (count.nodes > MAX_NODES) throw refused(`expected at most ${MAX_NODES} values`)
  if (pointer.split('/').length > MAX_DEPTH) throw refused(`expected at most ${MAX_DEPTH} levels`)
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) {
    const place = `${pointer}/${escapeStep(key)}`
    if (!isStorable(key)) throw refused(`${place}: expected Unicode text, found a lone surrogate or U+0000`)
    if (pointer.endsWith('/patternProperties')) countRepeats(key, count)
    if (typeof member === 'string') {
      if (key === 'pattern') countRepeats(member, count)
      assertText(key, member, place)
    }
    assertParts(member, place, count)
  }
}

function countRepeats(pattern: string, count: { repeats: number }): void {
  for (const [, from = '0', to = from] of pattern.matchAll(/\{(\d{1,9})(?:,(\d{1,9})?)?\}/g)) {
    count.repeats += Math.max(Number(from), Number(to))
  }
  if (count.repeats > MAX_REPEATS) throw refused(`expected at most ${MAX_REPEATS} repetitions in all patterns`)
}

function assertText(key: string, text: string, place: string): void {
  if (REFERENCES.has(key) && !text.startsWith('#')) {
    throw refused(
      `${place}: expected a reference inside the schema, such as #/$defs/name; other documents are not read`,
    )
  }
  if (key === 'pattern' && text.length > MAX_PATTERN)
    throw refused(`${place}: expected at most ${MAX_PATTERN} characters`)
}

function assertPattern(pattern: string, place: string): void {
  try {
    linear(pattern)
  } catch (error) {
    const why = reasonOf(error)
    throw refused(`${place}: expected a regular expression without lookarounds and back-references (${why})`)
  }
}

function mismatchOf({ keyword, instancePath, params, message = 'is not valid' }: ErrorObject): Mismatch {
  const { missingProperty, additionalProperty, unevaluatedProperty }: Readonly<Record<string, unknown>> = params
  if (typeof missingProperty === 'string') {
    return { pointer: `${instancePath}/${escapeStep(missingProperty)}`, detail: 'is required' }
  }
  const extra = additionalProperty ?? unevaluatedProperty
  if (typeof extra === 'string') return { pointer: `${instancePath}/${escapeStep(extra)}`, detail: 'is not allowed' }
  const allowed: unknown = params['allowedValues']
  return {
    pointer: instancePath,
    detail: keyword === 'enum' && Array.isArray(allowed) ? `must be one of ${shown(allowed)}` : message,
  }
}

const shown = (values: readonly unknown[]): string =>
  `${values
    .slice(0, 10)
    .map((value) => JSON.stringify(value).slice(0, 50))
    .join(', ')}${values.length > 10 ? ', …' : ''}`

const escapeStep = (name: string): string => escapePart(name.slice(0, 200))

const refused = (problem: string): UserError => new UserError('bad_request', `request_schema: ${problem}.`)
