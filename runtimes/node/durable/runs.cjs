'use strict'

const { describe } = require('../describe.cjs')
const { isPlainObject } = require('../settings.cjs')
const { show } = require('./durations.cjs')
const { optionsOf } = require('./options.cjs')
const { timedOut } = require('./waits.cjs')

const { parse, stringify } = JSON
const { byteLength } = Buffer
const MAX_WAIT_SECONDS = 366 * 86400
const MAX_RESULT_BYTES = 1024 * 1024
/** A larger request does not fit into the frame that ends a part. */
const MAX_FRAME_BYTES = 2 * 1024 * 1024
const OPTIONS = ['name', 'requestOf', 'request_of']
const REQUEST_KEYS = ['headers', 'query', 'body']

class RunFailed extends Error {
  name = 'RunFailed'
  #call

  constructor(call, runId, code, message) {
    super(message)
    this.#call = call
    Object.assign(this, { runId, code })
  }

  get run_id() {
    return this.runId
  }

  toString() {
    return `RunFailed: ${this.#call} failed: ${this.message === '' ? this.code : `${this.code}: ${this.message}`}`
  }
}

/** Starts another workflow's deployed version, ends the process, and continues after that run. */
async function run(calls, workflow, request, options) {
  if (typeof workflow !== 'string')
    throw new TypeError(`run needs the name or the id of a workflow, found ${describe(workflow)}`)
  const { name = workflow, ...rest } = optionsOf(`run(${show(workflow)})`, options, OPTIONS)
  const given = requestGiven(request, requestOfIn(rest))
  const { key, entry } = calls.begin('run', name)
  const body = given.body === undefined ? null : toJson(calls, key, given.body)
  const asked = { workflow, headers: {}, query: {}, ...given, body }
  toJson(calls, key, asked)
  if (entry === undefined) await calls.awaitOthers(key)
  if (entry?.status === 'done') return parse(entry.text)
  if (entry?.status === 'timed_out') throw timedOut(`${key} did not end in 366 days`, key)
  if (entry?.status === 'failed') throw failed(key, entry.text)
  const until = entry?.until ?? null
  return await calls.wait([key], { json: asked, until, seconds: until === null ? MAX_WAIT_SECONDS : null })
}

function failed(key, text) {
  const told = text === null ? { run_id: null, code: 'lost', message: 'The run was deleted.' } : parse(text)
  const error = new RunFailed(key, told.run_id, told.code, told.message)
  Object.defineProperty(error, 'key', { value: key.parts, enumerable: false })
  return error
}

function requestOfIn({ requestOf, request_of }) {
  if ((requestOf ?? null) !== null && (request_of ?? null) !== null)
    throw new RangeError('run needs either requestOf or request_of, found both')
  return requestOf ?? request_of
}

function requestGiven(request, requestOf) {
  if (requestOf === undefined || requestOf === null)
    return request === undefined || request === null ? {} : { body: request }
  if (request !== undefined && request !== null)
    throw new RangeError('run needs either a request or requestOf, found both')
  if (!isPlainObject(requestOf)) throw new TypeError(`requestOf must be an object, found ${describe(requestOf)}`)
  const unknown = Object.keys(requestOf).find((key) => !REQUEST_KEYS.includes(key))
  if (unknown !== undefined) throw new RangeError(`requestOf has the unknown key ${show(unknown)}`)
  const { headers, query, body } = requestOf
  const texts = { headers: textsOf('headers', headers ?? {}), query: textsOf('query', query ?? {}) }
  return body === undefined || body === null ? texts : { ...texts, body }
}

function textsOf(what, values) {
  const textOf = (value) => {
    if (typeof value === 'string') return value
    if (Number.isFinite(value)) return String(value)
    throw new TypeError(`requestOf: ${what} has texts, found ${describe(value)}`)
  }
  const all = (value) => (Array.isArray(value) ? value.map(textOf) : textOf(value))
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, all(value)]))
}

function toJson(calls, key, value) {
  let text
  try {
    text = stringify(value)
  } catch (error) {
    return calls.fail(key.at, 'invalid_step', `The request of ${key} is not JSON: ${error.message}. It was not started`)
  }
  if (text === undefined)
    return calls.fail(
      key.at,
      'invalid_step',
      `The request of ${key} is not JSON: ${describe(value)}. It was not started`,
    )
  if (text.length > MAX_RESULT_BYTES && byteLength(stringify(text)) > MAX_FRAME_BYTES)
    calls.fail(
      key.at,
      'invalid_step',
      `The request of ${key} takes ${text.length} characters as JSON, which is too much. It was not started`,
    )
  return text
}

module.exports = { RunFailed, run }
