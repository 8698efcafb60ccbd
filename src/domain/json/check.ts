/**
 * One pass with pauses and a stack of `maxDepth` bytes: a hostile 32 MiB body can neither fill the memory nor block the
 * event loop.
 */

import { atOnce, inSlices, SLICE_BYTES } from './in-slices.ts'

export type JsonProblem = { readonly at: number; readonly message: string; readonly isDepth?: true }

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d]
const [MINUS, PLUS, DOT, ZERO, NINE, UPPER_E, LOWER_E, LOWER_U] = [0x2d, 0x2b, 0x2e, 0x30, 0x39, 0x45, 0x65, 0x75]
/** Python refuses longer ones: `sys.int_info.default_max_str_digits`. A setting with one stopped all runs. */
export const MAX_INTEGER_DIGITS = 4300
const SIMPLE_ESCAPES = new Set([...'"\\/bfnrt'].map((char) => char.charCodeAt(0)))
const LITERALS = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]))

type Expected = 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'end' | 'commaOrEnd'
const WANTED: Readonly<Record<Expected, string>> = {
  value: 'a value',
  valueOrEnd: 'a value or "]"',
  key: 'a key in double quotes',
  keyOrEnd: 'a key in double quotes or "}"',
  colon: 'a colon after the key',
  end: 'the end of the body',
  commaOrEnd: 'a comma or the end of the object or array',
}

export async function validateJson(bytes: Buffer, maxDepth: number, maxValues = Infinity): Promise<JsonProblem | null> {
  return await inSlices(scanJson(bytes, maxDepth, maxValues))
}

/** Does not pause: 1 MiB takes 10 ms. */
export function validateShortJson(bytes: Buffer, maxDepth: number, maxValues = Infinity): JsonProblem | null {
  return atOnce(scanJson(bytes, maxDepth, maxValues))
}

function* scanJson(bytes: Buffer, maxDepth: number, maxValues = Infinity): Generator<void, JsonProblem | null> {
  const stack = new Uint8Array(maxDepth)
  let depth = 0
  let at = 0
  let expected: Expected = 'value'
  let pauseAt = SLICE_BYTES
  let values = 0
  for (;;) {
    if (values > maxValues) return { at, message: `it holds more than ${maxValues} values` }
    while (at < pauseAt && isSpace(bytes[at])) at += 1
    if (at >= pauseAt) {
      pauseAt = at + SLICE_BYTES
      yield
      continue
    }
    const byte = bytes[at]
    if (byte === undefined) return expected === 'end' ? null : unexpected(bytes, at, expected)
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (expected !== 'value' && expected !== 'valueOrEnd') return unexpected(bytes, at, expected)
      if (depth === maxDepth) return { at, message: `it nests deeper than ${maxDepth}`, isDepth: true }
      stack[depth] = byte
      values += 1
      depth += 1
      expected = byte === OPEN_OBJECT ? 'keyOrEnd' : 'valueOrEnd'
      at += 1
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      const empty = byte === CLOSE_OBJECT ? expected === 'keyOrEnd' : expected === 'valueOrEnd'
      const open = byte === CLOSE_OBJECT ? OPEN_OBJECT : OPEN_ARRAY
      if (!empty && expected !== 'commaOrEnd') return unexpected(bytes, at, expected)
      if (stack[depth - 1] !== open) return unexpected(bytes, at, expected)
      depth -= 1
      expected = depth === 0 ? 'end' : 'commaOrEnd'
      at += 1
    } else if (byte === COMMA) {
      if (expected !== 'commaOrEnd') return unexpected(bytes, at, expected)
      expected = stack[depth - 1] === OPEN_OBJECT ? 'key' : 'value'
      at += 1
    } else if (expected === 'key' || expected === 'keyOrEnd') {
      if (byte !== QUOTE) return unexpected(bytes, at, expected)
      let end = stringEnd(bytes, at + 1)
      for (; isUnfinished(end); end = stringEnd(bytes, -end)) yield
      if (typeof end !== 'number') return end
      at = end
      expected = 'colon'
    } else if (expected === 'colon') {
      if (byte !== COLON) return unexpected(bytes, at, expected)
      expected = 'value'
      at += 1
    } else if (expected === 'value' || expected === 'valueOrEnd') {
      let end = byte === QUOTE ? stringEnd(bytes, at + 1) : scalarEnd(bytes, at, expected)
      for (; isUnfinished(end); end = stringEnd(bytes, -end)) yield
      if (typeof end !== 'number') return end
      at = end
      values += 1
      expected = depth === 0 ? 'end' : 'commaOrEnd'
    } else return unexpected(bytes, at, expected)
  }
}

/** Returns the end, or after `SLICE_BYTES` the negated position to continue from. */
function stringEnd(bytes: Buffer, from: number): number | JsonProblem {
  const until = from + SLICE_BYTES
  let at = from
  while (at < until) {
    const byte = bytes[at]
    if (byte === QUOTE) return at + 1
    if (byte === undefined) return { at, message: 'a string is not closed' }
    if (byte < 0x20) return { at, message: 'a control character in a string must be escaped' }
    if (byte !== BACKSLASH) at += 1
    else if (SIMPLE_ESCAPES.has(bytes[at + 1] ?? 0)) at += 2
    else if (bytes[at + 1] === LOWER_U && [2, 3, 4, 5].every((step) => isHexDigit(bytes[at + step]))) at += 6
    else return { at, message: 'a backslash in a string begins no valid escape' }
  }
  return -at
}

const isUnfinished = (end: number | JsonProblem): end is number => typeof end === 'number' && end < 0

function scalarEnd(bytes: Buffer, at: number, expected: Expected): number | JsonProblem {
  const literal = LITERALS.get(bytes[at] ?? 0)
  if (literal !== undefined) {
    const end = at + literal.length
    return bytes.subarray(at, end).equals(literal) ? end : unexpected(bytes, at, expected)
  }
  return numberEnd(bytes, at) ?? unexpected(bytes, at, expected)
}

function numberEnd(bytes: Buffer, from: number): number | JsonProblem | null {
  const start = bytes[from] === MINUS ? from + 1 : from
  if (!isDigit(bytes[start])) return null
  const integerEnd = bytes[start] === ZERO ? start + 1 : digitsEnd(bytes, start)
  let at = integerEnd
  if (bytes[at] === DOT) {
    if (!isDigit(bytes[at + 1])) return null
    at = digitsEnd(bytes, at + 1)
  }
  if (bytes[at] === LOWER_E || bytes[at] === UPPER_E) {
    at += bytes[at + 1] === PLUS || bytes[at + 1] === MINUS ? 2 : 1
    if (!isDigit(bytes[at])) return null
    at = digitsEnd(bytes, at)
  }
  if (at === integerEnd && at - start > MAX_INTEGER_DIGITS)
    return { at: from, message: `an integer has more than ${MAX_INTEGER_DIGITS} digits` }
  return at
}

function digitsEnd(bytes: Buffer, from: number): number {
  let at = from
  while (isDigit(bytes[at])) at += 1
  return at
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= NINE

const isHexDigit = (byte: number | undefined): boolean =>
  isDigit(byte) || (byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)

const unexpected = (bytes: Buffer, at: number, expected: Expected): JsonProblem => ({
  at,
  message: `expected ${WANTED[expected]}, found ${found(bytes, at)}`,
})

function found(bytes: Buffer, at: number): string {
  if (at >= bytes.length) return 'the end of the body'
  const word = /^(?:[\w+.-]{1,20}|.?)/su.exec(bytes.toString('utf8', at, at + 24))?.[0] ?? ''
  return JSON.stringify(word)
}
