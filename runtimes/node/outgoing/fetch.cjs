'use strict'

/**
 * `fetch`. Its calls are announced on diagnostics channels, which is enough for a trace. Where calls are answered, refused or kept
 * whole, they pass through a dispatcher in front of the one that `fetch` asks for.
 */

const { subscribe } = require('node:diagnostics_channel')
const { bodyOf, headersOf } = require('./bodies.cjs')
const permits = require('./permits.cjs')
const recorder = require('./recorder.cjs')

/** Where `fetch` looks for its dispatcher. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1')

/** The announced requests under way, and their calls. */
const calls = new Map()
/** The call whose request is announced while it is passed on; null else. */
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
      return // What user code made of the request cannot be read: the call goes on without a trace.
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

/** Headers are a flat list of names and values, in bytes. */
function pairsOf(headers) {
  const texts = Array.from(headers, (one) => one.toString('latin1'))
  return texts.flatMap((name, at) => (at % 2 === 0 ? [[name, texts[at + 1]]] : []))
}

/** Puts a dispatcher in front of that of `fetch`. */
function takeOver() {
  // Makes Node load what `fetch` is made of, with its dispatcher.
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

/** The body, of which the call notes what is read. */
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

/** The handler, of whose answer the call notes what comes. */
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

/** Hands over the recorded exchange as a server would send it. */
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
