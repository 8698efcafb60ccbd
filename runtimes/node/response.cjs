'use strict'

/** The server validates the result again. */

const { describe, show } = require('./describe.cjs')
const { isPlainObject } = require('./settings.cjs')

const FAILED_STATUSES = ['fatal', 'success_with_failures']
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const BAD_CHARACTER = /[^\t\x20-\x7e\xa0-\xff]/
const KNOWN = ['status_code', 'body', 'headers']
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

class InvalidResponse extends Error {}

/**
 * Returns `response` with `status` and `headers`, `body` and `warnings` for a plain object or a Web `Response`. For
 * other values, `response` is null and `result` takes the place of `body`. Rejects with InvalidResponse.
 */
async function checkReturned(returned, limits) {
  if (typeof returned === 'object' && returned !== null) {
    if (isPlainObject(returned)) return checkObject(returned, limits)
    // The first use of the global `Response` loads 20 ms of code.
    if (isWebResponse(returned)) return await checkWebResponse(returned, limits)
  }
  return { response: null, body: Buffer.alloc(0), ...checkResult(returned, limits) }
}

function isWebResponse(returned) {
  return Object.getPrototypeOf(returned)?.constructor?.name === 'Response' && returned instanceof Response
}

function checkResult(returned, limits) {
  const failure = reportedFailure(returned)
  const warnings = []
  if (failure !== null) {
    const message = `The function returned a result whose status is '${failure.status}': ${failure.reason}`
    warnings.push({ code: 'reported_failure', message })
  }
  return { result: returned === null || returned === undefined ? null : show(returned, limits.result_length), warnings }
}

function checkObject(returned, limits) {
  const fields = { ...returned }
  const warnings = []
  const status = checkStatus(fields, limits)
  const body = checkBody(fields, limits.response_body_bytes)
  const headers = 'headers' in fields ? checkHeaders(fields.headers, warnings, limits) : []
  const extra = Object.keys(fields).filter((key) => !KNOWN.includes(key))
  if (extra.length > 0) {
    const shown = extra.sort().slice(0, 10).map(quote).join(', ')
    warnings.push({ code: 'ignored_keys', message: `Keys of the returned object that were ignored: ${shown}` })
  }
  return { response: { status, headers }, body, warnings, result: null }
}

async function checkWebResponse(returned, limits) {
  const warnings = []
  const status = checkStatus({ status_code: returned.status }, limits)
  if (returned.bodyUsed) throw new InvalidResponse('The returned Response has no body left: it was read before')
  const bytes = Buffer.from(await returned.arrayBuffer())
  let text
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new InvalidResponse(
      'The body of the returned Response: expected text in UTF-8, found other bytes; encode them as Base64',
    )
  }
  const headers = {}
  for (const [name, value] of returned.headers) {
    if (name !== 'set-cookie') headers[name] = value
  }
  const cookies = returned.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  const body = checkBody({ body: text }, limits.response_body_bytes)
  return { response: { status, headers: checkHeaders(headers, warnings, limits) }, body, warnings, result: null }
}

function checkStatus(fields, { min_status, max_status }) {
  const expected = `expected an integer from ${min_status} to ${max_status}`
  if (!('status_code' in fields)) {
    throw new InvalidResponse(
      `The returned object has no \`status_code\`: ${expected}. Found the keys: ${keysOf(fields)}`,
    )
  }
  const status = fields.status_code
  if (typeof status !== 'number' || !Number.isInteger(status)) {
    throw new InvalidResponse(`\`status_code\`: ${expected}, found ${describe(status)}`)
  }
  if (status < min_status || status > max_status) {
    throw new InvalidResponse(`\`status_code\`: ${expected}, found ${status}`)
  }
  return status
}

function checkBody(fields, maxBytes) {
  if (!('body' in fields)) {
    throw new InvalidResponse(
      `The returned object has no \`body\`: expected a string. Found the keys: ${keysOf(fields)}`,
    )
  }
  const { body } = fields
  if (typeof body !== 'string') {
    const hint = body instanceof Uint8Array ? 'new TextDecoder().decode(body)' : 'JSON.stringify(body)'
    throw new InvalidResponse(`\`body\`: expected a string, found ${describe(body)}; use ${hint}`)
  }
  const half = LONE_SURROGATE.exec(body)
  if (half !== null) {
    throw new InvalidResponse(
      '`body`: expected text that can be sent as UTF-8, found half of a surrogate pair ' +
        `(U+${hex(half[0])}) at position ${half.index}`,
    )
  }
  const size = Buffer.byteLength(body)
  if (size > maxBytes) throw new InvalidResponse(`\`body\`: expected at most ${maxBytes} bytes of UTF-8, found ${size}`)
  return Buffer.from(body)
}

function checkHeaders(headers, warnings, { response_headers: maxHeaders, response_header_bytes: maxBytes }) {
  if (!isPlainObject(headers)) {
    throw new InvalidResponse(`\`headers\`: expected a plain object of strings, found ${describe(headers)}`)
  }
  const byName = new Map()
  for (const [name, value] of Object.entries(headers)) {
    if (!TOKEN.test(name)) {
      throw new InvalidResponse(`\`headers\`: expected a name of letters, digits and dashes, found ${show(name, 60)}`)
    }
    const values = (Array.isArray(value) ? value : [value]).map((item) => [name, checkValue(name, item)])
    if (byName.has(name.toLowerCase())) {
      const message = `The header ${name} is set twice in different spellings; the last one is sent`
      warnings.push({ code: 'duplicate_header', message })
    }
    byName.set(name.toLowerCase(), values)
  }
  const pairs = [...byName.values()].flat()
  const count = Math.max(byName.size, pairs.length)
  if (count > maxHeaders) throw new InvalidResponse(`\`headers\`: expected at most ${maxHeaders}, found ${count}`)
  const size = pairs.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0)
  if (size > maxBytes)
    throw new InvalidResponse(`\`headers\`: expected at most ${maxBytes} bytes in total, found ${size}`)
  return pairs
}

function checkValue(name, value) {
  if (typeof value !== 'string') {
    throw new InvalidResponse(
      `\`headers\`: expected a string (or an array of strings) for ${name}, found ${describe(value)}`,
    )
  }
  const bad = BAD_CHARACTER.exec(value)
  if (bad === null) return value
  throw new InvalidResponse(
    `\`headers\`: the value of ${name} holds U+${hex(bad[0])} at position ${bad.index}; expected printable characters ` +
      'up to U+00FF, without line breaks',
  )
}

/** The failure in a result of HrFlow's connectors, or null. */
function reportedFailure(returned) {
  try {
    if (typeof returned !== 'object' || returned === null) return null
    const status = returned.status?.value ?? returned.status
    if (!FAILED_STATUSES.includes(status)) return null
    const reason = returned.reason?.value ?? returned.reason
    return { status, reason: typeof reason === 'string' ? reason.toWellFormed().slice(0, 500) : 'no reason given' }
  } catch {
    return null
  }
}

const hex = (character) => character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')
const quote = (key) => show(key, 100)
const keysOf = (fields) => Object.keys(fields).slice(0, 10).map(quote).join(', ') || 'none'

module.exports = { InvalidResponse, checkResult, checkReturned }
