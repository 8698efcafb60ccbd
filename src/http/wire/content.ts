import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import { validateJson } from '../../domain/json/check.ts'
import { inSlices, SLICE_BYTES } from '../../domain/json/in-slices.ts'
import { TOKEN } from '../../domain/shared/headers.ts'
import { LIMITS } from '../../domain/workflows/workflow.ts'
import { UserError } from '../../errors.ts'
import { assertMultipart } from './multipart-check.ts'

export type Content =
  | { readonly kind: 'json' }
  | { readonly kind: 'form' }
  | { readonly kind: 'multipart'; readonly boundary: string | null }

const JSON_CONTENT: Content = { kind: 'json' }
const ACCEPTED = 'application/json, multipart/form-data or application/x-www-form-urlencoded'
const MAX_PAIRS = 10_000
const MAX_COUNTED_BYTES = 256 * 1024

const MEDIA_TYPE = new RegExp(String.raw`^[ \t]*(${TOKEN}/${TOKEN})[ \t]*`)
/** Must match runtimes/workflow_runtime/function/multipart.py. Some senders omit the quotes. */
const PARAMETER = new RegExp(String.raw`;[ \t]*(?:(${TOKEN})=(?:"((?:[^"\\]|\\[^])*)"|([^ \t\r\n;"]*)))?[ \t]*`, 'y')

export function parseContentType(header: string): Content {
  if (header === 'application/json') return JSON_CONTENT
  const essence = MEDIA_TYPE.exec(header)
  if (essence === null) throw unsupported(header)
  const parameters = parseParameters(header, essence[0].length)
  for (const [name, value] of parameters) {
    if (name === 'charset' && !/^utf-?8$/i.test(value)) {
      throw new UserError('unsupported_media_type', `Expected charset utf-8, found ${JSON.stringify(value)}.`)
    }
  }
  switch (essence[1]?.toLowerCase()) {
    case 'application/json':
      return JSON_CONTENT
    case 'application/x-www-form-urlencoded':
      return { kind: 'form' }
    case 'multipart/form-data':
      return { kind: 'multipart', boundary: parameters.find(([name]) => name === 'boundary')?.[1] ?? null }
    default:
      throw unsupported(header)
  }
}

export async function assertBody(content: Content, body: Buffer): Promise<void> {
  switch (content.kind) {
    case 'json':
      return await assertJsonBody(body, LIMITS.bodyDepth)
    case 'form':
      return await assertForm(body)
    case 'multipart':
      return await assertMultipart(body, content.boundary)
    default:
      content satisfies never
  }
}

function parseParameters(header: string, from: number): (readonly [name: string, value: string])[] {
  const parameters: (readonly [string, string])[] = []
  PARAMETER.lastIndex = from
  while (PARAMETER.lastIndex < header.length) {
    const match = PARAMETER.exec(header)
    if (match === null) throw unsupported(header)
    const [, name, quoted, token] = match
    if (name !== undefined) parameters.push([name.toLowerCase(), token ?? (quoted ?? '').replace(/\\(.)/gs, '$1')])
  }
  return parameters
}

export async function assertJsonBody(body: Buffer, maxDepth: number, maxValues = Infinity): Promise<void> {
  if (!isUtf8(body)) throw new UserError('invalid_body', 'Expected JSON in UTF-8, found bytes that are not UTF-8.')
  if (body[0] === 0xef)
    throw new UserError(
      'invalid_body',
      'Expected JSON, found a byte order mark (BOM) before it. Send the body without it.',
    )
  const problem = await validateJson(body, maxDepth, maxValues)
  if (problem === null) return
  throw new UserError(
    'invalid_body',
    `The body is not valid JSON at ${positionOf(body, problem.at)}: ${problem.message}.`,
  )
}

/** Line and column from 1. At large offsets the byte: counting 32 MiB of line breaks took 1 s. */
function positionOf(body: Buffer, at: number): string {
  if (at > MAX_COUNTED_BYTES) return `byte ${at + 1}`
  let line = 1
  let lineStart = 0
  for (let next = body.indexOf(0x0a); next !== -1 && next < at; next = body.indexOf(0x0a, next + 1)) {
    line += 1
    lineStart = next + 1
  }
  return `line ${line}, column ${body.toString('utf8', lineStart, at).length + 1}`
}

export function assertUncompressed({ 'content-encoding': encoding }: IncomingHttpHeaders): void {
  if (encoding === undefined || encoding.trim().toLowerCase() === 'identity') return
  throw new UserError(
    'unsupported_media_type',
    `Expected no Content-Encoding, found ${JSON.stringify(encoding)}. Send the body uncompressed.`,
  )
}

/** Invalid escapes (`%zz`) stay unchanged, as in browsers and Python. */
async function assertForm(body: Buffer): Promise<void> {
  let pairs = 1
  for (let at = body.indexOf(0x26); at !== -1; at = body.indexOf(0x26, at + 1)) {
    pairs += 1
    if (pairs > MAX_PAIRS) throw new UserError('payload_too_large', `Expected at most ${MAX_PAIRS} form fields.`)
  }
  if (!isUtf8(await inSlices(decodePercent(body))))
    throw new UserError('invalid_body', 'Expected form fields in UTF-8, found bytes that are not UTF-8.')
}

function* decodePercent(body: Buffer): Generator<void, Buffer> {
  if (!body.includes(0x25)) return body
  const decoded = Buffer.allocUnsafe(body.length)
  let length = 0
  let pauseAt = SLICE_BYTES
  for (let at = 0; at < body.length; at += 1) {
    if (at >= pauseAt) {
      pauseAt = at + SLICE_BYTES
      yield
    }
    const byte = body[at] ?? 0
    const escaped = byte === 0x25 ? hexPair(body[at + 1], body[at + 2]) : null
    decoded[length] = escaped ?? byte
    length += 1
    if (escaped !== null) at += 2
  }
  return decoded.subarray(0, length)
}

function hexPair(high: number | undefined, low: number | undefined): number | null {
  const pair = hexDigit(high) * 16 + hexDigit(low)
  return Number.isNaN(pair) ? null : pair
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return Number.NaN
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : Number.NaN
}

const unsupported = (header: string): UserError =>
  new UserError(
    'unsupported_media_type',
    `Expected Content-Type ${ACCEPTED}, found ${JSON.stringify(header.slice(0, 100))}.`,
  )

export const GET_WITH_BODY = 'Expected no body in a GET. Its fields are in the query.'

export const missingContentType = (): UserError =>
  new UserError('unsupported_media_type', `Expected Content-Type ${ACCEPTED}, found none.`)
