'use strict'

/** Diagnostics channels suffice for a trace. A wrapped dispatcher answers, refuses or records. */

const { subscribe } = require('node:diagnostics_channel')
const { bodyOf, headersOf } = require('./bodies.cjs')
const permits = require('./permits.cjs')
const recorder = require('./recorder.cjs')

const DISPATCHER = Symbol.for('undici.globalDispatcher.1')

const calls = new Map()
let passing = null

function install() {
  subscribe('undici:request:create', ({ request }) => announced(request))
  subscribe('undici:request:headers', ({ request, response }) =>
    take(request)?.respond(response.statusCode, pairsOf(response.headers)),
  )
  subscribe('undici:request:error', ({ request, error }) => take(request)?.fail(error))
}

function announced(request) {
  let call = passing
  if (call === null) {
    if (recorder.isLimited()) return
    try {
      const { protocol, hostname, port } = new URL(request.origin)
      call = recorder.open(request.method, protocol.slice(0, -1), hostname, port, request.path)
      call.requestBytes = Number.isSafeInteger(request.contentLength) ? request.contentLength : null
      call.request.drop()
      call.response.drop()
    } catch {
      return // user code made the request unreadable
    }
    calls.set(request, call)
  }
  if (call.traceparent !== null) request.addHeader('traceparent', call.traceparent)
}

function take(request) {
  const call = calls.get(request)
  calls.delete(request)
  return call
}

/** `headers`: names and values in turn, in bytes. */
function pairsOf(headers) {
  const texts = Array.from(headers, (one) => one.toString('latin1'))
  return texts.flatMap((name, at) => (at % 2 === 0 ? [[name, texts[at + 1]]] : []))
}

function takeOver() {
  // Makes Node load `fetch` and its dispatcher.
  new Response('')
  const original = globalThis[DISPATCHER]
  const dispatch = (options, handler) =>
    recorder.isWhole() ? pass(original, options, handler) : original.dispatch(options, handler)
  globalThis[DISPATCHER] = Object.create(original, { dispatch: { value: dispatch } })
}

function pass(original, options, handler) {
  const { protocol, hostname, port } = new URL(options.origin)
  let call
  try {
    call = recorder.open(options.method, protocol.slice(0, -1), hostname, port, options.path, Boolean(options.upgrade))
  } catch (refusal) {
    queueMicrotask(() => handler.onError(refusal))
    return true
  }
  call.requestHeaders = Object.entries(options.headers ?? {}).map(([name, value]) => [name, String(value)])
  const body = noted(options.body, call)
  if (call.answer !== null) {
    void answer(call, body, handler)
    return true
  }
  passing = call
  try {
    return permits.inside(() => original.dispatch({ ...options, body }, followed(handler, call)))
  } finally {
    passing = null
  }
}

function noted(body, call) {
  if (body === null || body === undefined) return body
  if (typeof body === 'string' || ArrayBuffer.isView(body)) {
    call.request.add(body)
    call.requestBytes = call.request.length
    return body
  }
  if (typeof body[Symbol.asyncIterator] !== 'function') {
    call.request.drop()
    return body
  }
  return (async function* () {
    for await (const chunk of body) {
      call.request.add(chunk)
      call.requestBytes = call.request.length
      yield chunk
    }
  })()
}

function followed(handler, call) {
  return Object.create(handler, {
    onHeaders: {
      value(status, headers, ...rest) {
        if (status >= 200) call.respond(status, pairsOf(headers))
        return handler.onHeaders(status, headers, ...rest)
      },
    },
    onData: {
      value(chunk) {
        call.response.add(chunk)
        return handler.onData(chunk)
      },
    },
    onComplete: {
      value(...args) {
        call.responseBytes = call.response.isWhole ? call.response.length : call.responseBytes
        call.end()
        return handler.onComplete(...args)
      },
    },
    onError: {
      value(error) {
        call.response.drop()
        call.fail(error)
        return handler.onError(error)
      },
    },
  })
}

async function answer(call, body, handler) {
  try {
    if (typeof body?.[Symbol.asyncIterator] === 'function') for await (const _ of body);
    let isAborted = false
    handler.onConnect((error) => {
      isAborted = true
      handler.onError(error)
    })
    if (isAborted) return
    const headers = headersOf(call.answer)
    const data = bodyOf(call.answer)
    call.response.add(data)
    call.respond(call.answer.status, headers)
    handler.onHeaders(
      call.answer.status,
      headers.flat().map((text) => Buffer.from(text, 'latin1')),
      () => {},
      'Recorded',
    )
    if (data.length > 0 && call.method !== 'HEAD') handler.onData(data)
    handler.onComplete([])
    call.end()
  } catch (error) {
    call.fail(error)
    handler.onError(error)
  }
}

module.exports = { install, takeOver }
