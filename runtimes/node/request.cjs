'use strict'

const { File } = require('node:buffer')
const { noteMissing, watchReads } = require('./missing.cjs')
const { percentDecode, splitParts } = require('./multipart.cjs')
const { isPlainObject } = require('./settings.cjs')

const SEPARATORS = { cookie: '; ' }
/** Body fields must not replace these names. */
const OWN_NAMES = ['headers', 'body', 'query', 'method', 'url', 'fields']
const strict = new TextDecoder('utf-8', { fatal: true })
const lenient = new TextDecoder('utf-8')

/**
 * The request's own keys: the headers, as sent, and the fields of the body, or of a GET's query. Header names with an
 * upper-case letter or a hyphen are case-insensitive.
 */
function makeRequest(meta, body) {
  const onMissing = (name) => noteMissing(found, name)
  const headers = makeHeaders(meta.headers ?? [], onMissing)
  const query = meta.query ? parsePairs(meta.query, lenient) : {}
  const contentType = headers.plain[headers.spellingOf('content-type')] ?? ''
  const fields = meta.method === 'GET' ? { ...query } : parseBody(contentType, body)
  const request = { ...headers.plain }
  for (const [name, value] of Object.entries(fields)) setOwn(request, name, value)
  const own = {
    headers: headers.values,
    body: new Uint8Array(body.buffer, body.byteOffset, body.byteLength),
    query,
    method: meta.method ?? 'POST',
    url: meta.url ?? '',
    fields,
  }
  for (const name of OWN_NAMES) {
    delete request[name]
    Object.defineProperty(request, name, { value: own[name], configurable: true, writable: true, enumerable: false })
  }
  const found = findingHeaders(request, (name) => (mayBeHeader(name) ? headers.spellingOf(name) : undefined), onMissing)
  watchReads(found, { fields, headers: headers.plain, contentType, body })
  return found
}

/** Words such as `accept` and `from` are body fields. */
const mayBeHeader = (name) => name.includes('-') || name !== name.toLowerCase()

/** `plain`: by the sender's spelling. `values`: case-insensitive. */
function makeHeaders(pairs, onMissing) {
  const spellings = new Map()
  const plain = {}
  for (const [name, value] of pairs) {
    const lower = name.toLowerCase()
    if (!spellings.has(lower)) spellings.set(lower, name)
    const spelling = spellings.get(lower)
    // RFC 9110, section 5.3 allows joining.
    const before = Object.hasOwn(plain, spelling) ? plain[spelling] + (SEPARATORS[lower] ?? ', ') : ''
    setOwn(plain, spelling, before + value)
  }
  const spellingOf = (name) => spellings.get(name.toLowerCase())
  return { plain, values: findingHeaders({ ...plain }, spellingOf, onMissing), spellingOf }
}

function findingHeaders(object, spellingOf, onMissing) {
  const find = (target, name) => {
    if (typeof name !== 'string' || Object.hasOwn(target, name)) return name
    const spelling = spellingOf(name)
    return spelling !== undefined && Object.hasOwn(target, spelling) ? spelling : name
  }
  return new Proxy(object, {
    get: (target, name, receiver) => {
      const key = find(target, name)
      if (typeof key === 'string' && !(key in target)) onMissing(key)
      return Reflect.get(target, key, receiver)
    },
    has: (target, name) => Reflect.has(target, find(target, name)),
  })
}

/** Throws for a malformed body. */
function parseBody(contentType, body) {
  if (body.length === 0) return {}
  const main = contentType.split(';')[0].trim().toLowerCase()
  if (main === 'application/x-www-form-urlencoded') return parsePairs(strict.decode(body).replace(/^\?+/, ''), strict)
  if (main === 'multipart/form-data') return parseMultipart(contentType, body)
  const value = JSON.parse(strict.decode(body))
  return isPlainObject(value) ? value : { body: value }
}

function parsePairs(text, decoder) {
  const fields = {}
  const decode = (part) => decoder.decode(percentDecode(part.replaceAll('+', ' ')))
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const at = pair.indexOf('=')
    const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
    add(fields, decode(name), decode(value))
  }
  return fields
}

function parseMultipart(contentType, body) {
  const fields = {}
  for (const { name, filename, contentType: type, content } of splitParts(contentType, body)) {
    add(fields, name, filename === null ? strict.decode(content) : new File([content], filename, { type }))
  }
  return fields
}

function add(fields, name, value) {
  if (!Object.hasOwn(fields, name)) setOwn(fields, name, value)
  else if (Array.isArray(fields[name])) fields[name].push(value)
  else setOwn(fields, name, [fields[name], value])
}

/** Assigning `__proto__` would change the prototype. */
function setOwn(object, name, value) {
  Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true })
}

module.exports = { makeRequest }
