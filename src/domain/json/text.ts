/** 64 MiB of escapes without pauses took 0.2 s. */

import { inSlices, SLICE_BYTES } from './in-slices.ts'

const [BACKSLASH, LOWER_U] = [0x5c, 0x75]
const LOW_SURROGATE = /^\\u[dD][c-fC-F]/
const ESCAPE_BYTES = 6

/** Null: a lone surrogate. `json` must be a valid JSON string. */
export async function decodeText(json: Buffer): Promise<Buffer | null> {
  return await inSlices(decode(json))
}

function* decode(json: Buffer): Generator<void, Buffer | null> {
  const parts: Buffer[] = []
  const last = json.length - 1
  for (let from = 1; from < last; ) {
    const end = sliceEnd(json, from, last)
    const text: string = JSON.parse(`"${json.toString('utf8', from, end)}"`)
    if (!text.isWellFormed()) return null
    parts.push(Buffer.from(text))
    from = end
    yield
  }
  return Buffer.concat(parts)
}

function sliceEnd(json: Buffer, from: number, last: number): number {
  const wanted = Math.min(from + SLICE_BYTES, last)
  let at = from
  while (at < wanted) at += json[at] !== BACKSLASH ? 1 : json[at + 1] === LOWER_U ? ESCAPE_BYTES : 2
  while (at < last && ((json[at] ?? 0) & 0xc0) === 0x80) at += 1
  return LOW_SURROGATE.test(json.toString('latin1', at, at + ESCAPE_BYTES)) ? at + ESCAPE_BYTES : at
}
