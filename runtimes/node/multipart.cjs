'use strict'

/**
 * A strict parser of multipart/form-data (RFC 7578).
 *
 * A body that passes src/http/wire/multipart-check.ts must not fail here or in function/multipart.py. All three are
 * tested with test/vectors/multipart.json.
 */

const MAX_PARTS = 10_000
const MAX_PART_HEADER_BYTES = 16 * 1024
const NAME = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const TYPE_PARAMETER = new RegExp(`;[ \\t]*(?:(${NAME})=(?:"((?:[^"\\\\]|\\\\[^])*)"|([^ \\t\\r\\n;"]*)))?[ \\t]*`, 'g')
const PARAMETER = new RegExp(`;[ \\t]*(${NAME})[ \\t]*=[ \\t]*(?:"((?:\\\\"|[^"])*)"|([^ \\t\\r\\n;"]*))`, 'g')
const CRLF = Buffer.from('\r\n')
const BLANK = Buffer.from('\r\n\r\n')
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Throws an Error with the reason for a malformed body. */
function splitParts(contentType, body) {
  const delimiter = Buffer.from(`--${findBoundary(contentType)}`, 'latin1')
  let position = firstDelimiter(body, delimiter)
  const parts = []
  while (!startsWith(body, '--', position)) {
    if (parts.length === MAX_PARTS) throw new Error(`multipart/form-data of more than ${MAX_PARTS} parts`)
    position = skipLineEnd(body, position)
    const blank = body.indexOf(BLANK, position)
    if (blank < 0 || blank > position + MAX_PART_HEADER_BYTES) {
      throw new Error('multipart/form-data with a part whose headers do not end')
    }
    // An empty part's blank line also starts the delimiter.
    const end = body.indexOf(Buffer.concat([CRLF, delimiter]), blank + 2)
    if (end < 0) throw new Error(`multipart/form-data that ends within part ${parts.length + 1}`)
    parts.push(makePart(strict.decode(body.subarray(position, blank)), body.subarray(Math.min(blank + 4, end), end)))
    position = end + 2 + delimiter.length
  }
  return parts
}

function findBoundary(contentType) {
  for (const [, name, quoted, token] of contentType.matchAll(TYPE_PARAMETER)) {
    if (name?.toLowerCase() !== 'boundary') continue
    const boundary = (quoted ?? '').replace(/\\(.)/gs, '$1') || token || ''
    if (boundary.length >= 1 && boundary.length <= 70) return boundary
    break
  }
  throw new Error('multipart/form-data without a boundary of 1 to 70 characters')
}

function firstDelimiter(body, delimiter) {
  if (body.subarray(0, delimiter.length).equals(delimiter)) return delimiter.length
  const start = body.indexOf(Buffer.concat([CRLF, delimiter]))
  if (start < 0) throw new Error('multipart/form-data whose boundary never appears')
  return start + 2 + delimiter.length
}

function skipLineEnd(body, position) {
  let at = position
  while (body[at] === 0x20 || body[at] === 0x09) at += 1
  if (!startsWith(body, '\r\n', at)) {
    throw new Error('multipart/form-data with a boundary that is not followed by a line break')
  }
  return at + 2
}

const startsWith = (body, text, at) => body.toString('latin1', at, at + text.length) === text

function makePart(header, content) {
  const headers = parseHeaders(header)
  const disposition = headers.get('content-disposition') ?? ''
  const parameters = parseParameters(disposition)
  if (disposition.split(';')[0].trim().toLowerCase() !== 'form-data' || !parameters.has('name')) {
    throw new Error('multipart/form-data with a part that has no name')
  }
  const extended = parameters.get('filename*')
  const filename = extended === undefined ? (parameters.get('filename') ?? null) : parseExtended(extended)
  const preset = filename === null ? 'text/plain' : 'application/octet-stream'
  return { name: parameters.get('name'), filename, contentType: headers.get('content-type') ?? preset, content }
}

function parseHeaders(text) {
  const headers = new Map()
  for (const line of text.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    if (line === '') continue
    const colon = line.indexOf(':')
    if (colon < 0) throw new Error('multipart/form-data with a part header without a colon')
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  return headers
}

function parseParameters(text) {
  const parameters = new Map()
  for (const [, name, quoted, token] of text.matchAll(PARAMETER)) {
    // Browsers escape quotes as %22 and never double a backslash. A name such as `C:\cv.pdf` must not change.
    const value = (quoted ?? '').replaceAll('\\"', '"') || token || ''
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value)
  }
  return parameters
}

function parseExtended(value) {
  const [charset = '', , ...rest] = value.split("'")
  const bytes = percentDecode(rest.join("'"))
  if (bytes.length === 0) return ''
  try {
    return new TextDecoder(charset || 'utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new Error(`multipart/form-data with a file name in the unknown charset ${charset.slice(0, 100)}`)
  }
}

function percentDecode(text) {
  const bytes = Buffer.from(text, 'utf8')
  if (!bytes.includes(0x25)) return bytes
  const decoded = Buffer.alloc(bytes.length)
  let length = 0
  for (let at = 0; at < bytes.length; at += 1) {
    const code = bytes[at] === 0x25 ? bytes.toString('latin1', at + 1, at + 3) : ''
    const isEscape = /^[0-9A-Fa-f]{2}$/.test(code)
    decoded[length] = isEscape ? Number.parseInt(code, 16) : bytes[at]
    length += 1
    if (isEscape) at += 2
  }
  return decoded.subarray(0, length)
}

module.exports = { percentDecode, splitParts }
