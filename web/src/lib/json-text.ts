/** JavaScript may not represent users' numbers (`client/json-text.ts`). */

import type { JsonText } from './client/api.ts'
import { t } from './i18n/t.ts'

export function asString(text: JsonText): string | null {
  if (!text.startsWith('"')) return null
  const value: unknown = JSON.parse(text)
  return typeof value === 'string' ? value : null
}

/** Browsers say it in English, and not all of them say where. */
export function jsonProblem(text: string): string | null {
  if (isJson(text)) return null
  const at = findProblem(text)
  if (at === text.length) return text.trim() === '' ? t('Expected JSON, found nothing') : t('The JSON has no end')
  const before = text.slice(0, at).split('\n')
  const line = String(before.length)
  const column = String((before.at(-1) ?? '').length + 1)
  return t('Not JSON at line {line}, column {column}: {found}', { line, column, found: wordAt(text, at) })
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const FOUND_LENGTH = 20
const wordAt = (text: string, at: number): string => (/^\S+/.exec(text.slice(at, at + FOUND_LENGTH)) ?? [''])[0]

const SPACE = /[ \t\n\r]*/y
const TOKEN = /[{}[\],:]|"(?:[^"\\]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/sy

/** `first`: a value or the end of an empty list. `name` and `firstName`: the same of an object. */
type Expected = 'value' | 'first' | 'name' | 'firstName' | 'colon' | 'next'

/** Returns where the first token is that JSON does not allow there, or the length of a text that ends too early. */
function findProblem(text: string): number {
  const open: string[] = []
  let expected: Expected = 'value'
  for (let at = 0; ; ) {
    at = skip(SPACE, text, at)
    const end = skip(TOKEN, text, at)
    const token = text.slice(at, end)
    const next: Expected | null =
      token === '' || (token.startsWith('"') && !isJson(token)) ? null : follow(token, expected, open)
    if (next === null) return at
    expected = next
    at = end
  }
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return at + (pattern.exec(text)?.[0].length ?? 0)
}

const ENDS: Readonly<Record<string, string>> = { '{': '}', '[': ']' }

/** Returns the expectation after the token. Null: the token was not expected. */
function follow(token: string, expected: Expected, open: string[]): Expected | null {
  if (token === '}' || token === ']') {
    const mayEnd = expected === 'next' || expected === (token === '}' ? 'firstName' : 'first')
    return mayEnd && ENDS[open.pop() ?? ''] === token ? 'next' : null
  }
  if (expected === 'colon') return token === ':' ? 'value' : null
  if (expected === 'next') return token !== ',' || open.length === 0 ? null : open.at(-1) === '{' ? 'name' : 'value'
  if (expected === 'name' || expected === 'firstName') return token.startsWith('"') ? 'colon' : null
  if (token === ',' || token === ':') return null
  if (ENDS[token] === undefined) return 'next'
  open.push(token)
  return token === '{' ? 'firstName' : 'first'
}
