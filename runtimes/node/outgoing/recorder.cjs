'use strict'

/** A trial restricts the recorded calls (protocol.md, *Outgoing calls*). */

const { RESULTS, writeFrame } = require('../frames.cjs')
const { Body, decode, sizeOfHeaders } = require('./bodies.cjs')

const MAX_CALLS = 200
/** Bytes per run. */
const MAX_RECORDED = 1 << 20
const MAX_TEXT = 2000
const SAFE = ['GET', 'HEAD', 'OPTIONS']
const PORTS = { http: 80, https: 443 }

const { parse } = JSON
const { bigint } = process.hrtime
const { now } = Date
const { random } = Math
/** Milliseconds. The first use of `performance` takes 1 ms, and of cryptography 3 ms. */
const clock = () => Number(bigint()) / 1e6
const half = () =>
  Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0')

/** `outbound` applies from the module's load on. */
const state = {
  outbound: 'live',
  ...{ calls: null, trace: null, propagates: false, records: false, answers: [], sent: 0, leftOut: 0, recorded: 0 },
}

class Refusal extends Error {
  name = 'PermissionError'
  code = 'EPERM'
}

/** Call it before user code is loaded. */
function limit(outbound) {
  state.outbound = outbound
}

const isLimited = () => state.outbound !== 'live'
const records = () => state.records
const isWhole = () => isLimited() || state.records

function beginRun({ trace, propagate, record }, answers) {
  Object.assign(state, { calls: new Set(), trace, propagates: propagate, records: record, sent: 0, leftOut: 0 })
  state.answers = answers === '' ? [] : parse(answers)
  state.recorded = 0
}

/** Calls above the limit are not reported. */
function endRun() {
  for (const call of state.calls ?? []) call.end()
  state.calls = null
  state.answers = []
  return state.leftOut
}

class Call {
  id = half() + half()
  started = now()
  #clock = clock()
  #ms = null
  #hasEnded = false
  status = null
  error = null
  refused = false
  answer = null
  requestBytes = null
  responseBytes = null
  requestHeaders = []
  responseHeaders = []
  request = new Body(MAX_RECORDED)
  response = new Body(MAX_RECORDED)

  constructor(method, scheme, host, port, target) {
    const at = String(target).indexOf('?')
    const [path, query] = at === -1 ? [String(target), ''] : [target.slice(0, at), target.slice(at + 1)]
    Object.assign(this, {
      method: String(method).toUpperCase(),
      scheme,
      host: host.toLowerCase(),
      path: path || '/',
      query,
    })
    this.port = Number(port) || PORTS[scheme] || 0
  }

  get traceparent() {
    return state.propagates && state.trace ? `00-${state.trace}-${this.id}-01` : null
  }

  respond(status, headers) {
    this.status = status
    this.#ms = clock() - this.#clock
    this.responseHeaders = headers
    const length = Number(headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1])
    this.responseBytes = Number.isSafeInteger(length) ? length : null
    if (!state.records) this.end()
  }

  fail(error) {
    this.error = String(error?.code ?? error?.name ?? 'Error').slice(0, 200)
    this.end()
  }

  refuse() {
    this.refused = true
    this.error = 'PermissionError'
    this.end()
    const host = this.host.includes(':') ? `[${this.host}]` : this.host
    const url = `${this.scheme}://${host}:${this.port}${this.path.slice(0, 200)}`
    throw new Refusal(`blocked: this trial (${state.outbound}) does not send ${this.method} ${url}`)
  }

  end() {
    if (this.#hasEnded) return
    this.#hasEnded = true
    state.calls?.delete(this)
    if (state.calls === null) return
    if (state.sent >= MAX_CALLS) {
      state.leftOut += 1
      return
    }
    state.sent += 1
    writeFrame(RESULTS, ...frameOf(this, this.#ms ?? clock() - this.#clock))
  }
}

/** A call to another protocol (`upgrades`) may send anything. */
function open(method, scheme, host, port, target, upgrades = false) {
  const call = new Call(method, scheme, host.replace(/^\[|\]$/g, ''), port, target)
  if (isLimited()) decide(call, upgrades)
  state.calls?.add(call)
  return call
}

function decide(call, upgrades) {
  if (state.outbound !== 'blocked') {
    const index = state.answers.findIndex((answer) => answers(answer, call))
    if (index !== -1) [call.answer] = state.answers.splice(index, 1)
    if (call.answer !== null) return
  }
  if (state.outbound === 'read_only' && SAFE.includes(call.method) && !upgrades) return
  call.refuse()
}

const answers = (answer, { method, host, port, path, query }) =>
  answer.method === method &&
  answer.host === host &&
  answer.port === port &&
  matches(answer.path, path) &&
  matches(answer.query, query)

/** `***` in a recorded URL hides a secret and matches any text. */
function matches(recorded, text) {
  const [first, ...others] = recorded.split('***')
  if (others.length === 0) return recorded === text
  const last = others.pop()
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const part of others) {
    const found = text.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}

function frameOf(call, ms) {
  const { id, started, status, error, refused, scheme, host, port } = call
  const header = {
    type: 'call',
    id,
    started,
    ms,
    status,
    error,
    refused,
    scheme: scheme.slice(0, 10),
    host: host.slice(0, 255),
  }
  Object.assign(header, { method: call.method.slice(0, 50), port, path: call.path.slice(0, MAX_TEXT) })
  Object.assign(header, {
    answered: call.answer !== null,
    request_bytes: call.requestBytes,
    response_bytes: call.responseBytes,
  })
  if (!state.records || refused || status === null) return [header]
  const [received, headers] = decode(call.response, call.responseHeaders, MAX_RECORDED)
  const size =
    call.request.length + (received?.length ?? 0) + sizeOfHeaders(call.requestHeaders) + sizeOfHeaders(headers)
  const isKept = call.request.isWhole && received !== null && call.query.length <= 16 * MAX_TEXT
  if (!isKept || state.recorded + size > MAX_RECORDED) {
    return [{ ...header, whole: false, query: '', request_headers: [], response_headers: [] }]
  }
  state.recorded += size
  const exchange = { whole: true, query: call.query, request_headers: call.requestHeaders, response_headers: headers }
  const payload = Buffer.concat([call.request.bytes(), received])
  return [{ ...header, ...exchange, request_body: call.request.length }, payload]
}

module.exports = { Refusal, beginRun, endRun, isLimited, isWhole, limit, open, records }
