/** Parsing would turn 9223372036854775808 into ...776000 and 1.0 into 1. */

import { inSlices } from '../../domain/json/in-slices.ts'

/** Per turn of the event loop. 10 MiB took over 100 ms. */
const SLICE = 256 * 1024

export class RawJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export function stringify(value: unknown): string {
  if (value instanceof RawJson) return value.text
  if (Array.isArray(value)) return `[${value.map((item) => stringify(item ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${stringify(member)}`).join(',')}}`
}

/** Returns null for a value that one turn can encode. */
export async function encodeLarge(value: unknown): Promise<Buffer | null> {
  return isLarge(value) ? await inSlices(encode(value)) : null
}

function* encode(value: unknown): Generator<void, Buffer> {
  const parts: Buffer[] = []
  let text = ''
  for (const piece of piecesOf(value)) {
    text += piece
    if (text.length < SLICE) continue
    parts.push(Buffer.from(text))
    text = ''
    yield
  }
  return Buffer.concat([...parts, Buffer.from(text)])
}

function* piecesOf(value: unknown): Generator<string> {
  if (!isLarge(value)) yield stringify(value ?? null)
  else if (value instanceof RawJson) yield* cut(value.text)
  else if (typeof value === 'string') {
    yield '"'
    for (const part of cut(value)) yield JSON.stringify(part).slice(1, -1)
    yield '"'
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      yield index === 0 ? '[' : ','
      yield* piecesOf(item)
    }
    yield ']'
  } else {
    const members = Object.entries(value as object).filter(([, member]) => member !== undefined)
    for (const [index, [key, member]] of members.entries()) {
      yield `${index === 0 ? '{' : ','}${JSON.stringify(key)}:`
      yield* piecesOf(member)
    }
    yield '}'
  }
}

/** Each half of a surrogate pair would be escaped. */
function* cut(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const last = text.charCodeAt(at + SLICE - 1)
    const end = at + (last >= 0xd800 && last < 0xdc00 ? SLICE - 1 : SLICE)
    yield text.slice(at, end)
    at = end
  }
}

const isLarge = (value: unknown): boolean => countTexts(value, 0) > SLICE

function countTexts(value: unknown, before: number): number {
  if (typeof value === 'string') return before + value.length
  if (value instanceof RawJson) return before + value.text.length
  if (typeof value !== 'object' || value === null) return before
  let count = before
  for (const member of Object.values(value)) {
    count = countTexts(member, count)
    if (count > SLICE) break
  }
  return count
}
