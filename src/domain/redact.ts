/** Keeps secret values out of what is stored and shown. A seat belt: code can always transform a secret first. */

import { LIMITS } from './workflow.ts'

export type Redact = (text: string) => string

const same: Redact = (text) => text

/**
 * Makes a function that replaces each secret, and its base64, URL-encoded and JSON-escaped forms, by `***`.
 * `values` are the secret settings as JSON text; strings shorter than 8 characters are left alone.
 */
export function createRedactor(values: readonly string[]): Redact {
  const forms = new Set(values.flatMap(secretStrings).flatMap(formsOf))
  if (forms.size === 0) return same
  const longestFirst = [...forms].sort((a, b) => b.length - a.length)
  const pattern = new RegExp(longestFirst.map(escapePattern).join('|'), 'g')
  return (text) => text.replace(pattern, '***')
}

function secretStrings(json: string): string[] {
  const value: unknown = JSON.parse(json)
  const text = typeof value === 'string' ? value : json
  // Logs are cut into lines, so each line of a key block is a secret of its own.
  const lines = text.includes('\n') ? text.split(/\r?\n/) : []
  return [text, ...lines].filter(({ length }) => length >= LIMITS.secretRedactionLength)
}

function formsOf(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64')
  const base64url = base64.replaceAll('+', '-').replaceAll('/', '_')
  const unpadded = [base64, base64url].map((text) => text.replace(/=+$/, ''))
  const escaped = JSON.stringify(secret).slice(1, -1)
  return [secret, ...unpadded, encode(secret), encode(secret).replaceAll('%20', '+'), escaped, asciiEscaped(escaped)]
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

/** As Python's `json.dumps` writes it: everything outside ASCII as \uXXXX. */
function asciiEscaped(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const escapePattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
