/**
 * The sandbox parses the parts, where a hostile body affects only its run. Streaming parsers skip malformed input or
 * hang on it, hence native searches. A valid body must not fail in runtimes/workflow_runtime/function/multipart.py:
 * both read test/vectors/multipart.json.
 */

import { isUtf8 } from 'node:buffer'
import { inSlices, SLICE_BYTES } from '../../domain/json/in-slices.ts'
import { TOKEN } from '../../domain/shared/headers.ts'
import { UserError } from '../../errors.ts'

const MAX_PARTS = 1000
/** A header of 16 KiB and 4,000 lines takes 0.3 ms. */
const PARTS_BETWEEN_PAUSES = 16
const MAX_PART_HEADER_BYTES = 16 * 1024
const MAX_FILE_NAME = 1024
const HEADER_END = Buffer.from('\r\n\r\n')
const PARAMETER = new RegExp(String.raw`;[ \t]*(${TOKEN})[ \t]*=[ \t]*(?:"((?:\\"|[^"])*)"|([^ \t\r\n;"]*))`, 'g')
const HEADER_START = new RegExp(`^${TOKEN}:`)
const BOUNDARY = /^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/

export async function assertMultipart(body: Buffer, boundary: string | null): Promise<void> {
  await inSlices(checkParts(body, boundary))
}

function* checkParts(body: Buffer, boundary: string | null): Generator<void, void> {
  if (boundary === null || !BOUNDARY.test(boundary)) {
    throw invalid('expected a boundary of 1 to 70 characters in the Content-Type')
  }
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  let parts = 0
  let at = yield* firstDelimiterEnd(body, delimiter)
  while (!isClosing(body, at)) {
    parts += 1
    if (parts > MAX_PARTS) throw new UserError('payload_too_large', `Expected at most ${MAX_PARTS} parts in the form.`)
    at = yield* assertPart(body, yield* lineEnd(body, at), delimiter)
    if (parts % PARTS_BETWEEN_PAUSES === 0) yield
  }
}

function* firstDelimiterEnd(body: Buffer, delimiter: Buffer): Generator<void, number> {
  const bare = delimiter.subarray(2)
  if (body.subarray(0, bare.length).equals(bare)) return bare.length
  const at = yield* find(body, delimiter, 0)
  if (at === -1) throw invalid('it does not contain its boundary')
  return at + delimiter.length
}

function* find(body: Buffer, wanted: Buffer, from: number): Generator<void, number> {
  for (let start = from; start < body.length; start += SLICE_BYTES) {
    const at = body.subarray(start, start + SLICE_BYTES + wanted.length - 1).indexOf(wanted)
    if (at !== -1) return start + at
    yield
  }
  return -1
}

const isClosing = (body: Buffer, at: number): boolean => body[at] === 0x2d && body[at + 1] === 0x2d

function* lineEnd(body: Buffer, from: number): Generator<void, number> {
  let at = from
  for (; body[at] === 0x20 || body[at] === 0x09; at += 1) if ((at - from + 1) % SLICE_BYTES === 0) yield
  if (body[at] !== 0x0d || body[at + 1] !== 0x0a) throw invalid('no line break follows right after a boundary')
  return at + 2
}

function* assertPart(body: Buffer, start: number, delimiter: Buffer): Generator<void, number> {
  const headerEnd = body.subarray(start, start + MAX_PART_HEADER_BYTES + HEADER_END.length).indexOf(HEADER_END)
  if (headerEnd === -1) throw invalid(`the header of a part does not end within ${MAX_PART_HEADER_BYTES} bytes`)
  const { isFile } = parsePartHeader(body.subarray(start, start + headerEnd))
  // The blank line's break may begin an empty part's delimiter.
  const end = yield* find(body, delimiter, start + headerEnd + 2)
  if (end === -1) throw invalid('it ends in the middle of a part')
  if (!isFile && !isUtf8(body.subarray(start + headerEnd + HEADER_END.length, end))) {
    throw invalid('a field that is not a file is not UTF-8')
  }
  return end + delimiter.length
}

function parsePartHeader(header: Buffer): { isFile: boolean } {
  if (!isUtf8(header)) throw invalid('the header of a part is not UTF-8')
  const lines = header
    .toString('utf8')
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  const bad = lines.find((line) => !HEADER_START.test(line) || /[\0\r\n]/.test(line))
  if (bad !== undefined) throw invalid('the header of a part contains an invalid line')
  const dispositions = lines.filter((line) => /^content-disposition:/i.test(line))
  const parameters = parseParameters(dispositions[0] ?? '')
  if (parameters?.has('name') !== true || dispositions.length > 1) {
    throw invalid('a part has no "Content-Disposition: form-data" with a name')
  }
  assertFileName(parameters.get('filename') ?? '', parameters.get('filename*') ?? null)
  return { isFile: parameters.has('filename') || parameters.has('filename*') }
}

/** The first parameter of a name counts. Returns null if the disposition is not `form-data`. */
function parseParameters(header: string): ReadonlyMap<string, string> | null {
  if (!/^[^:]+:[ \t]*form-data[ \t]*;/i.test(header)) return null
  const parameters = new Map<string, string>()
  for (const [, name = '', quoted, token] of header.matchAll(PARAMETER)) {
    const key = name.toLowerCase()
    if (!parameters.has(key)) parameters.set(key, quoted ?? token ?? '')
  }
  return parameters
}

/** `extended`: a name as in RFC 8187, such as `UTF-8''r%C3%A9sum%C3%A9.pdf`. */
function assertFileName(name: string, extended: string | null): void {
  if (name.length > MAX_FILE_NAME || (extended ?? '').length > MAX_FILE_NAME) {
    throw invalid(`a file name is longer than ${MAX_FILE_NAME} characters`)
  }
  if (extended === null) return
  const found = /^(utf-8|iso-8859-1)?'(?:[^']*'(.*))?$/is.exec(extended)
  const isReadable = found?.[1]?.toLowerCase() === 'iso-8859-1' || isUtf8(unescapeBytes(found?.[2] ?? ''))
  if (found === null || !isReadable) throw invalid("a file name does not have the format filename*=UTF-8''…")
}

function unescapeBytes(text: string): Buffer {
  const bytes = Buffer.from(text).toString('latin1')
  const plain = bytes.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(plain, 'latin1')
}

const invalid = (what: string): UserError =>
  new UserError('invalid_body', `The body is not valid multipart/form-data: ${what}.`)
