/**
 * JSON as text. The server checks users' JSON and passes it on byte for byte: JavaScript's own values
 * would turn 9223372036854775808 into ...776000 and 1.0 into 1.
 */

import { inSlices } from '../../domain/json/in-slices.ts'

/** Characters that are escaped in one turn of the event loop. 10 MiB took over 100 ms. */
const SLICE = 256 * 1024

/** JSON text that `stringify` copies into a document unchanged. */
export class RawJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** `JSON.stringify` that copies the text of RawJson values unchanged. */
export function stringify(value: unknown): string {
  if (value instanceof RawJson) return value.text
  if (Array.isArray(value)) return `[${value.map((item) => stringify(item ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${stringify(member)}`).join(',')}}`
}

/** Returns the value with its long texts as JSON, which other work of the process does not wait for. */
export async function escapeLongTexts(value: unknown): Promise<unknown> {
  if (typeof value === 'string') return isLong(value) ? new RawJson(await inSlices(escapeText(value))) : value
  if (!holdsLongText(value)) return value
  if (Array.isArray(value)) return await Promise.all(value.map(escapeLongTexts))
  const members = Object.entries(value).map(async ([key, member]) => [key, await escapeLongTexts(member)] as const)
  return Object.fromEntries(await Promise.all(members))
}

const isLong = (text: string): boolean => text.length > SLICE

function holdsLongText(value: unknown): value is object {
  if (typeof value === 'string') return isLong(value)
  if (typeof value !== 'object' || value === null || value instanceof RawJson) return false
  return Object.values(value).some(holdsLongText)
}

/** A pair of surrogates is not cut, because each half alone would be escaped. */
function* escapeText(text: string): Generator<void, string> {
  const parts: string[] = []
  for (let at = 0; at < text.length; ) {
    const last = text.charCodeAt(at + SLICE - 1)
    const end = at + (last >= 0xd800 && last < 0xdc00 ? SLICE - 1 : SLICE)
    parts.push(JSON.stringify(text.slice(at, end)).slice(1, -1))
    at = end
    yield
  }
  return `"${parts.join('')}"`
}
