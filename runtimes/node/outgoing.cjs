'use strict'

/**
 * Writes down the outgoing HTTP calls of a run, of `fetch` and of `node:http`, and lets them carry its trace: the frames of
 * protocol.md, *Outgoing calls*, without headers and bodies. Node announces each call on a diagnostics channel, so nothing is patched.
 */

const { randomBytes } = require('node:crypto')
const { subscribe } = require('node:diagnostics_channel')
const { RESULTS, writeFrame } = require('./frames.cjs')

const MAX_CALLS = 200
const MAX_TEXT = 2000
const PORTS = { 'http:': 80, 'https:': 443 }

const clock = performance.now.bind(performance)
const now = Date.now

/** The run under way; `calls` null between runs. Request objects are the keys of the calls. */
const state = { calls: null, trace: null, propagates: false, records: false, sent: 0, leftOut: 0 }

/** Listens from now on. Called before user code runs, which may not take it away. */
function install() {
  subscribe('undici:request:create', ({ request }) => begin(request, () => placeOfFetch(request), addToFetch))
  subscribe('undici:request:headers', ({ request, response }) =>
    respond(request, response.statusCode, lengthIn(response.headers)),
  )
  subscribe('undici:request:error', ({ request, error }) => fail(request, error))
  subscribe('http.client.request.created', ({ request }) => begin(request, () => placeOfHttp(request), addToHttp))
  subscribe('http.client.response.finish', ({ request, response }) =>
    respond(request, response.statusCode, Number(response.headers['content-length'])),
  )
  subscribe('http.client.request.error', ({ request, error }) => fail(request, error))
}

/** `calls`: of a job. */
function beginRun({ trace, propagate, record }) {
  Object.assign(state, { calls: new Map(), trace, propagates: propagate, records: record, sent: 0, leftOut: 0 })
}

/** Sends the calls that have no answer yet. Returns how many calls of the run were not sent. */
function endRun() {
  for (const call of state.calls?.values() ?? []) send(call)
  state.calls = null
  return state.leftOut
}

function begin(request, placeOf, addHeader) {
  if (state.calls === null) return
  try {
    const id = randomBytes(8).toString('hex')
    state.calls.set(request, { id, started: now(), clock: clock(), status: null, error: null, ...placeOf() })
    if (state.propagates && state.trace) addHeader(request, `00-${state.trace}-${id}-01`)
  } catch {
    // What user code made of the request cannot be read: the call goes on without a trace.
  }
}

function placeOfFetch({ method, origin, path, contentLength }) {
  const { protocol, hostname, port } = new URL(origin)
  return place(protocol, hostname, port, method, path, contentLength)
}

function placeOfHttp(request) {
  const { protocol, hostname, port } = new URL(`${request.protocol}//${request.getHeader('host') ?? request.host}`)
  return place(protocol, hostname, port, request.method, request.path, Number(request.getHeader('content-length')))
}

function place(protocol, host, port, method, target, length) {
  return {
    method: String(method).slice(0, 50),
    scheme: protocol.slice(0, -1).slice(0, 10),
    host: host.slice(0, 255),
    port: Number(port) || PORTS[protocol] || 0,
    path: String(target).split('?')[0].slice(0, MAX_TEXT),
    request_bytes: Number.isSafeInteger(length) ? length : null,
  }
}

const addToFetch = (request, value) => request.addHeader('traceparent', value)
const addToHttp = (request, value) => request.setHeader('traceparent', value)

function respond(request, status, length) {
  const call = state.calls?.get(request)
  if (call === undefined) return
  state.calls.delete(request)
  send({ ...call, status, response_bytes: Number.isSafeInteger(length) ? length : null })
}

function fail(request, error) {
  const call = state.calls?.get(request)
  if (call === undefined) return
  state.calls.delete(request)
  send({ ...call, error: String(error?.code ?? error?.name ?? 'Error').slice(0, 200) })
}

/** Headers of `fetch` are a flat list of names and values, in bytes. */
function lengthIn(headers) {
  for (let at = 0; at < headers.length; at += 2) {
    if (String(headers[at]).toLowerCase() === 'content-length') return Number(String(headers[at + 1]))
  }
  return null
}

function send({ clock: began, ...call }) {
  if (state.sent >= MAX_CALLS) {
    state.leftOut += 1
    return
  }
  state.sent += 1
  // Bodies are not kept, so the exchange is never whole.
  const exchange = state.records ? { whole: false, query: '', request_headers: [], response_headers: [] } : {}
  writeFrame(RESULTS, { type: 'call', ...call, ms: clock() - began, refused: false, answered: false, ...exchange })
}

module.exports = { beginRun, endRun, install }
