'use strict'

const { concat, from } = Buffer
const { isView } = ArrayBuffer

/** Belong to the transfer, not to the answer. */
const TRANSFER = ['transfer-encoding', 'content-length', 'connection', 'keep-alive', 'content-encoding']

/** `isWhole`: no bytes were dropped. */
class Body {
  #parts = []
  #max
  length = 0
  isWhole = true

  constructor(max) {
    this.#max = max
  }

  add(data, encoding) {
    if (!this.isWhole) return
    const bytes = bytesOf(data, encoding)
    if (bytes === null || this.length + bytes.length > this.#max) return this.drop()
    this.length += bytes.length
    this.#parts.push(bytes)
  }

  drop() {
    this.#parts = []
    this.length = 0
    this.isWhole = false
  }

  bytes() {
    return concat(this.#parts)
  }
}

/** The sender may reuse the memory. */
function bytesOf(data, encoding) {
  if (typeof data === 'string') return from(data, encoding)
  return isView(data) ? from(from(data.buffer, data.byteOffset, data.byteLength)) : null
}

/** Decompresses a body to find secrets. Null if that is impossible. */
function decode(body, headers, max) {
  if (!body.isWhole) return [null, headers]
  const encoding = (headers.find(([name]) => name.toLowerCase() === 'content-encoding')?.[1] ?? 'identity')
    .trim()
    .toLowerCase()
  if (encoding === 'identity' || body.length === 0) return [body.bytes(), headers]
  const zlib = require('node:zlib')
  const unpack = {
    gzip: zlib.unzipSync,
    'x-gzip': zlib.unzipSync,
    deflate: zlib.unzipSync,
    br: zlib.brotliDecompressSync,
  }[encoding]
  if (unpack === undefined) return [null, headers]
  const kept = headers.filter(([name]) => !['content-encoding', 'content-length'].includes(name.toLowerCase()))
  try {
    return [unpack(body.bytes(), { maxOutputLength: max }), kept]
  } catch {
    return [null, headers]
  }
}

const sizeOfHeaders = (pairs) => pairs.reduce((sum, [name, value]) => sum + name.length + value.length, 0)

const headersOf = ({ headers }) => headers.filter(([name]) => !TRANSFER.includes(name.toLowerCase()))

/** `encoding` is a Python name. */
const bodyOf = ({ body, encoding }) => from(body, encoding.replace('-', ''))

module.exports = { Body, bodyOf, decode, headersOf, sizeOfHeaders }
