/** Keeps secret values out of what is stored and shown. A seat belt: code can always transform a secret first. */

import { LIMITS } from '../workflow.ts'
import { formsOf } from './secret-forms.ts'

export type Redact = (text: string) => string

const same: Redact = (text) => text

/** Every form of a secret is at least this long, so that its first characters find it. */
const START = LIMITS.secretRedactionLength
const BUCKETS = 4096
/** Lines and strings of one value that are secrets of their own: many more than key files have, few enough to look for. */
const MAX_PARTS = 500

/**
 * Makes a function that replaces each secret, and its base64, URL-encoded, JSON-escaped and Python-quoted forms, by `***`.
 * `values` are the secret settings as JSON text; of objects and arrays each string in them is a secret.
 * Strings shorter than 8 characters are left alone.
 */
export function createRedactor(values: readonly string[]): Redact {
  const forms = new Set(values.flatMap(secretStrings).flatMap(formsOf))
  if (forms.size === 0) return same
  // A regular expression would do for few secrets; one of a key file's thousand lines does not even compile.
  const byStart = new Map<string, string[]>()
  const buckets = new Uint8Array(BUCKETS)
  for (const form of [...forms].sort((a, b) => b.length - a.length)) {
    const start = form.slice(0, START)
    const others = byStart.get(start)
    if (others === undefined) byStart.set(start, [form])
    else others.push(form)
    buckets[bucketOf(form, 0)] = 1
  }
  return (text) => replaceForms(text, byStart, buckets)
}

/** From left to right, the longest form that stands at each place. */
function replaceForms(text: string, byStart: ReadonlyMap<string, readonly string[]>, buckets: Uint8Array): string {
  let redacted = ''
  let from = 0
  for (let at = 0; at + START <= text.length; at += 1) {
    if (buckets[bucketOf(text, at)] === 0) continue
    const form = byStart.get(text.slice(at, at + START))?.find((one) => text.startsWith(one, at))
    if (form === undefined) continue
    redacted += `${text.slice(from, at)}***`
    from = at + form.length
    at = from - 1
  }
  return from === 0 ? text : redacted + text.slice(from)
}

/** Most places are passed over by two of their characters. */
function bucketOf(text: string, at: number): number {
  return (text.charCodeAt(at) * 31 + text.charCodeAt(at + START - 1)) % BUCKETS
}

function secretStrings(json: string): string[] {
  const value: unknown = JSON.parse(json)
  const texts = typeof value === 'string' ? [value] : [json, ...stringsIn(value).slice(0, MAX_PARTS)]
  // Logs are cut into lines, so each line of a key block is a secret of its own.
  const lines = texts.filter((text) => text.includes('\n')).flatMap((text) => text.split(/\r?\n/))
  return [...texts, ...lines.slice(0, MAX_PARTS)].filter(({ length }) => length >= START)
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : []
}
