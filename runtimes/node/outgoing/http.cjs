'use strict'

/** Diagnostics channels report calls. Wrapped functions answer, refuse or record them. */

const { subscribe } = require('node:diagnostics_channel')
const { syncBuiltinESMExports } = require('node:module')
const { Duplex } = require('node:stream')
const { bodyOf, headersOf } = require('./bodies.cjs')
const permits = require('./permits.cjs')
const recorder = require('./recorder.cjs')

const calls = new WeakMap()
let passing = null

function install() {
  subscribe('http.client.request.created', ({ request }) => announced(request))
  subscribe('http.client.response.finish', ({ request, response }) => responded(request, response))
  subscribe('http.client.request.error', ({ request, error }) => calls.get(request)?.fail(error))
}

function announced(request) {
  let call = passing
  if (call === null) {
    if (recorder.isLimited()) return
    try {
      const { protocol, hostname, port } = new URL(`${request.protocol}//${request.getHeader('host') ?? request.host}`)
      call = recorder.open(request.method, protocol.slice(0, -1), hostname, port, request.path)
      call.request.drop()
    } catch {
      return // user code made the request unreadable
    }
  }
  calls.set(request, call)
  const length = Number(request.getHeader('content-length') ?? Number.NaN)
  call.requestBytes = Number.isSafeInteger(length) ? length : null
  if (call.traceparent !== null && !request.headersSent) request.setHeader('traceparent', call.traceparent)
}

function responded(request, response) {
  const call = calls.get(request)
  if (call === undefined) return
  const { rawHeaders } = response
  call.requestHeaders = Object.entries(request.getHeaders()).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, String(one)]),
  )
  call.respond(
    response.statusCode,
    rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1]]] : [])),
  )
  if (recorder.records()) noteAnswer(response, call)
}

/** Records the body even if the function does not read it. */
function noteAnswer(response, call) {
  const { push } = response
  response.push = (chunk, encoding) => {
    if (chunk !== null) call.response.add(chunk, encoding)
    else {
      call.responseBytes = call.response.isWhole ? call.response.length : call.responseBytes
      call.end()
    }
    return push.call(response, chunk, encoding)
  }
  response.once('aborted', () => call.response.drop())
}

/** The wrappers apply to `import` too. */
function takeOver() {
  for (const [library, scheme] of [
    [require('node:http'), 'http'],
    [require('node:https'), 'https'],
  ]) {
    const { request } = library
    library.request = (...args) => (recorder.isWhole() ? pass(request, scheme, args) : request(...args))
    library.get = (...args) => library.request(...args).end()
  }
  syncBuiltinESMExports()
}

function pass(original, scheme, args) {
  const [options, onResponse] = optionsOf(args)
  let call
  try {
    const host = String(options.hostname ?? options.host ?? 'localhost')
    const port = options.port ?? options.defaultPort ?? options.agent?.defaultPort
    call = recorder.open(options.method ?? 'GET', scheme, host, port, options.path ?? '/', asksForUpgrade(options))
  } catch (refusal) {
    return original(
      instead(options, (_, done) => void done(refusal)),
      onResponse,
    )
  }
  passing = call
  try {
    if (call.answer === null)
      return noteRequest(
        permits.inside(() => original(options, onResponse)),
        call,
      )
    const socket = new AnswerSocket(call.answer)
    const request = original(
      instead(options, () => socket),
      onResponse,
    )
    request.once('finish', () => socket.answer())
    return noteRequest(request, call)
  } finally {
    passing = null
  }
}

/** The agent would create another connection. */
const instead = ({ agent: _, ...options }, createConnection) => ({ ...options, createConnection })

function optionsOf(args) {
  const rest = [...args]
  const isAddress = typeof rest[0] === 'string' || rest[0] instanceof URL
  const address = isAddress ? require('node:url').urlToHttpOptions(new URL(rest.shift())) : {}
  const options = typeof rest[0] === 'object' ? rest.shift() : {}
  return [{ ...address, ...options }, rest[0]]
}

const asksForUpgrade = ({ headers }) =>
  typeof headers === 'object' &&
  headers !== null &&
  Object.keys(headers).some((name) => name.toLowerCase() === 'upgrade')

function noteRequest(request, call) {
  for (const name of ['write', 'end']) {
    const original = request[name]
    request[name] = (chunk, encoding, ...rest) => {
      if (chunk !== undefined && chunk !== null && typeof chunk !== 'function') {
        call.request.add(chunk, typeof encoding === 'string' ? encoding : 'utf8')
        call.requestBytes = call.request.isWhole ? call.request.length : null
      }
      return original.call(request, chunk, encoding, ...rest)
    }
  }
  return request
}

/** Discards what is sent, and returns one whole answer. */
class AnswerSocket extends Duplex {
  #answer

  constructor(answer) {
    super()
    this.#answer = answer
  }

  answer() {
    const body = bodyOf(this.#answer)
    const lines = headersOf(this.#answer).map((pair) => pair.join(': '))
    const head = [
      `HTTP/1.1 ${this.#answer.status} Recorded`,
      ...lines,
      `Content-Length: ${body.length}`,
      'Connection: close',
    ]
    this.push(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]))
    this.push(null)
  }

  _read() {}

  _write(_chunk, _encoding, done) {
    done()
  }

  setTimeout() {
    return this
  }

  setNoDelay() {
    return this
  }

  setKeepAlive() {
    return this
  }

  ref() {
    return this
  }

  unref() {
    return this
  }
}

module.exports = { install, takeOver }
