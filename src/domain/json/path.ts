/** Reads one value of up to 32 MiB of JSON without parsing the rest: it keeps its exact text. */

import { atOnce, inSlices, SLICE_BYTES } from './in-slices.ts'

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d]
const MAX_ESCAPED = 6

/** `json` must be valid JSON. */
export async function readPath(json: Buffer, steps: readonly string[]): Promise<string | null> {
  return await inSlices(scanPath(json, steps))
}

/** Does not pause. `json` must be valid JSON. */
export function memberText(json: string, key: string): string | undefined {
  return json.trimStart().startsWith('{') ? (atOnce(scanPath(Buffer.from(json), [key])) ?? undefined) : undefined
}

type Span = readonly [start: number, end: number]
type Pace = { pauseAt: number }

export type Opened = { readonly rest: Buffer; readonly taken: Buffer | null }

/** `json` must be valid JSON. */
export async function takeOut(json: Buffer, steps: readonly string[]): Promise<Opened> {
  const span = await inSlices(findPath(json, steps))
  if (span === null) return { rest: json, taken: null }
  const [start, end] = span
  const rest = Buffer.concat([json.subarray(0, start), Buffer.from('null'), json.subarray(end)])
  return { rest, taken: json.subarray(start, end) }
}

function* scanPath(json: Buffer, steps: readonly string[]): Generator<void, string | null> {
  const span = yield* findPath(json, steps)
  return span && json.toString('utf8', ...span)
}

function* findPath(json: Buffer, steps: readonly string[]): Generator<void, Span | null> {
  let span: Span = [yield* spaceEnd(json, 0), json.length]
  for (const step of steps) {
    const member: Span | null = yield* findMember(json, span[0], step)
    if (member === null) return null
    span = member
  }
  return span
}

/** The last of equal keys counts, as in Python. */
function* findMember(json: Buffer, from: number, step: string): Generator<void, Span | null> {
  const isObject = json[from] === OPEN_OBJECT
  if (!isObject && json[from] !== OPEN_ARRAY) return null
  const pace = { pauseAt: from + SLICE_BYTES }
  let found: Span | null = null
  let at = yield* spaceEnd(json, from + 1)
  for (let index = 0; json[at] !== CLOSE_OBJECT && json[at] !== CLOSE_ARRAY; index += 1) {
    let isStep = step === String(index)
    if (isObject) {
      let end = skipString(json, at + 1)
      for (; end < 0; end = skipString(json, -end)) yield
      isStep = end - at <= step.length * MAX_ESCAPED + 2 && JSON.parse(json.toString('utf8', at, end)) === step
      if (json[end] !== COLON) end = yield* spaceEnd(json, end)
      at = isSpace(json[end + 1]) ? yield* spaceEnd(json, end + 1) : end + 1
    }
    const end: number = yield* skipValue(json, at, pace)
    if (isStep) found = [at, end]
    at = isSpace(json[end]) ? yield* spaceEnd(json, end) : end
    if (json[at] === COMMA) at = isSpace(json[at + 1]) ? yield* spaceEnd(json, at + 1) : at + 1
  }
  return found
}

function* skipValue(json: Buffer, from: number, pace: Pace): Generator<void, number> {
  let at = from
  let depth = 0
  do {
    const byte = json[at]
    if (byte === QUOTE) {
      at = skipString(json, at + 1)
      for (; at < 0; at = skipString(json, -at)) yield
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth += 1
      at += 1
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1
      at += 1
    } else if (depth > 0) at += 1
    else {
      at = skipScalar(json, at)
      for (; at < 0; at = skipScalar(json, -at)) yield
    }
    if (at >= pace.pauseAt) {
      pace.pauseAt = at + SLICE_BYTES
      yield
    }
  } while (depth > 0)
  return at
}

function skipString(json: Buffer, from: number): number {
  const until = from + SLICE_BYTES
  let at = from
  while (at < until && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1
  return at < until ? at + 1 : -at
}

function skipScalar(json: Buffer, from: number): number {
  const until = from + SLICE_BYTES
  let at = from
  while (at < until && at < json.length && !isEnd(json[at])) at += 1
  return at < until ? at : -at
}

function* spaceEnd(json: Buffer, from: number): Generator<void, number> {
  for (let at = from; ; yield) {
    const until = at + SLICE_BYTES
    while (at < until && isSpace(json[at])) at += 1
    if (at < until) return at
  }
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
const isEnd = (byte: number | undefined): boolean =>
  byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY || isSpace(byte)
