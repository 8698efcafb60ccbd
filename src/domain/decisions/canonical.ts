/** One text per JSON value (RFC 8785): the text's digest identifies the value. */

import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'

/** Throws if the value is not JSON or has a lone surrogate. */
export function canonicalJson(value: unknown): string {
  const text = isCanonical(value) ? JSON.stringify(value) : canonicalize(value)
  if (text === undefined) throw new TypeError('the value is not JSON')
  return text
}

/** Whether `JSON.stringify` returns the canonical text. The library takes four times as long for a record. */
function isCanonical(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return typeof value === 'boolean'
  if (value === null) return true
  if (Array.isArray(value)) return value.every(isCanonical)
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  let last = ''
  for (const key in value) {
    if (key < last || !key.isWellFormed() || !isCanonical(Reflect.get(value, key))) return false
    last = key
  }
  return true
}

export const digestOf = (value: unknown): string => sha256(canonicalJson(value))

/** A `Hash` object took 20 µs more per decision. */
export const sha256 = (text: string): string => hash('sha256', text, 'hex')

/** Throws for an integer that a double cannot hold: two numbers would have one text. */
export function parseExact(json: string): unknown {
  const value: unknown = JSON.parse(json)
  // Checking each number's source took 15 µs per decision.
  return hasLarge(value) ? JSON.parse(json, assertExact) : value
}

function hasLarge(value: unknown): boolean {
  if (typeof value === 'number') return Math.abs(value) > Number.MAX_SAFE_INTEGER
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some(hasLarge)
}

function assertExact(key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number') return value
  const { source = '' } = context ?? {}
  if (!Number.isFinite(value) || (/^-?\d+$/.test(source) && !Number.isSafeInteger(value)))
    throw new RangeError(`${key === '' ? 'the number' : key} ${source} is too large for a number: pass it as a text`)
  return value
}
