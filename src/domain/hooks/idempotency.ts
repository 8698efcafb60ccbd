/** A key marks a sender's repeated calls. */

import { type Static, Type } from 'typebox'
import { UserError } from '../../errors.ts'
import { HEADER_NAME, type HeaderPairs, valuesOf } from '../shared/headers.ts'
import { type Shape, strict } from '../shared/schemas.ts'

/** Digests are short and contain no sender's data. */
export type IdempotencyKey = { readonly id: string; readonly body: string }

const KEY_LIMITS = { length: 255, name: 100, path: 200, steps: 10 } as const

export const KEY_KEPT_MS = 24 * 3600 * 1000

const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"\s*(?:;.*)?$/

const given = (maxLength: number, description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, description }))

export const KeySourceSchema = strict(
  {
    from: Type.Enum(['header', 'body']),
    name: given(KEY_LIMITS.name, 'Name of the header. Default: Idempotency-Key'),
    path: given(KEY_LIMITS.path, 'Path in a JSON body, such as event.id'),
  },
  { description: 'Where a call has its idempotency key; null: every call is a run of its own' },
)

export const ShownKeySourceSchema = Type.Union([
  Type.Object({ from: Type.Enum(['header']), name: Type.String() }),
  Type.Object({ from: Type.Enum(['body']), path: Type.String() }),
])
export type KeySource = Shape<typeof ShownKeySourceSchema>

/** Throws `bad_request` for a location without a key. */
export function parseKeySource(sent: Static<typeof KeySourceSchema> | null): KeySource | null {
  if (sent === null) return null
  const { from, name, path } = sent
  if (from === 'header' ? path !== undefined : name !== undefined || path === undefined) {
    throw new UserError(
      'bad_request',
      'idempotency: expected {"from": "header", "name": …} or {"from": "body", "path": …}, found another pair.',
    )
  }
  const source: KeySource = from === 'header' ? { from, name: name ?? 'Idempotency-Key' } : { from, path: path ?? '' }
  const problem = validateKeySource(source)
  if (problem !== null) throw new UserError('bad_request', `${problem}.`)
  return source
}

function validateKeySource(source: KeySource): string | null {
  if (source.from === 'header') {
    if (HEADER_NAME.test(source.name)) return null
    return `idempotency.name: expected the name of a header such as Idempotency-Key, found ${JSON.stringify(source.name)}`
  }
  const steps = source.path.split('.')
  if (steps.length <= KEY_LIMITS.steps && steps.every((step) => step !== '')) return null
  return `idempotency.path: expected at most ${KEY_LIMITS.steps} names joined by dots such as event.id, found ${JSON.stringify(source.path)}`
}

export type FoundKey = { readonly key: string | null } | { readonly problem: string }

/**
 * `key` is null without the header. The draft requires a structured String, but most senders omit the quotes and mean
 * the same key.
 */
export function keyInHeader(headers: HeaderPairs, name: string): FoundKey {
  const values = valuesOf(headers, name).map((value) => value.trim())
  const [value] = values
  if (value === undefined) return { key: null }
  if (values.length > 1) return { problem: `Expected one header ${name}, found ${values.length}.` }
  if (!value.startsWith('"')) return checkKey(name, value)
  const quoted = QUOTED.exec(value)?.[1]
  if (quoted === undefined)
    return { problem: `${name}: expected a text in double quotes, found one that does not end well.` }
  return checkKey(name, quoted.replace(/\\(.)/g, '$1'))
}

/** `key` is null unless the value is text or a number. */
export function keyInBody(json: string | null, path: string): FoundKey {
  if (json === null || !/^["\d-]/.test(json)) return { key: null }
  const value: unknown = json.startsWith('"') ? JSON.parse(json) : json
  return checkKey(path, String(value))
}

function checkKey(where: string, key: string): FoundKey {
  if (key.length > 0 && key.length <= KEY_LIMITS.length) return { key }
  return { problem: `${where}: expected a key of 1 to ${KEY_LIMITS.length} characters, found ${key.length}.` }
}
