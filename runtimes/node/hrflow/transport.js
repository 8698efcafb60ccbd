/** Builds and sends requests, and reads answers. */

const API_URL = 'https://api.hrflow.ai/v1/'
const TIMEOUT_MS = 30_000
const GENERIC = 'A generic error occurred on the server'
/** Answers after which the same request may succeed later. */
const PASSING = new Set([408, 429, 500, 502, 503, 504])
const MAX_WAIT_MS = 60_000

/** The API answered with an error, or did not answer. */
export class HrflowError extends Error {
  /** `status` and `code` are null if there was no answer. `request` is `{method, path, url}`. */
  constructor(message, { status = null, code = status, request, cause }) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'HrflowError'
    this.status = status
    this.code = code
    this.request = request
  }
}

export class Transport {
  #options

  constructor({ apiSecret, apiUser, apiUrl = API_URL, fetch, timeout = TIMEOUT_MS, retries = 0 } = {}) {
    const headers = { 'X-API-KEY': readText('apiSecret', apiSecret), 'X-USER-EMAIL': readText('apiUser', apiUser) }
    this.#options = { apiUrl: apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`, headers, fetch, timeout, retries }
  }

  /** `name` is for errors. `method` is an entry of METHODS. */
  async call(name, method, given = {}) {
    const { apiUrl, headers, retries } = this.#options
    const values = readArguments(name, method, given)
    const url = new URL(apiUrl + method.path)
    const init = { method: method.method, headers: { ...headers } }
    if (method.body === 'query') addQuery(url, values)
    else if (method.body === 'form') init.body = makeForm(values)
    else {
      init.headers['Content-Type'] = 'application/json'
      init.body = JSON.stringify(Object.fromEntries(values))
    }
    const request = { method: method.method, path: method.path, url: url.href }
    for (let attempt = 0; ; attempt += 1) {
      const { answer, error, wait } = await this.#send(url, init, request)
      if (error === undefined) return answer
      if (attempt >= retries || wait === null) throw error
      await new Promise((resolve) => setTimeout(resolve, Math.min(wait ?? 500 * 2 ** attempt, MAX_WAIT_MS)))
    }
  }

  /** `wait` is null after an error that stays. */
  async #send(url, init, request) {
    const { fetch = globalThis.fetch, timeout } = this.#options
    let response
    let text
    try {
      response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeout) })
      text = await response.text()
    } catch (cause) {
      const what = cause?.name === 'TimeoutError' ? `did not answer within ${timeout} ms` : 'could not be reached'
      const reason = cause?.cause?.message ?? cause?.message
      return { error: new HrflowError(`HrFlow ${what}: ${reason}`, { request, cause }) }
    }
    const { status } = response
    const answer = parse(text)
    const code = answer === null ? status : Number(answer.code ?? status)
    if (answer !== null && code < 400 && status < 400) return { answer }
    const message = typeof answer?.message === 'string' ? answer.message : GENERIC
    const error = new HrflowError(message, { status, code, request })
    return { error, wait: PASSING.has(status) ? waitOf(response) : null }
  }
}

class FilePart {
  constructor(content, name) {
    this.content = content
    this.name = name
  }
}

function readText(name, value) {
  if (typeof value !== 'string' || value === '')
    throw new TypeError(`new Hrflow({ ${name} }): expected a string that is not empty`)
  return value
}

/** Returns the values by the API's names. */
function readArguments(name, { parameters, constants = {}, oneOf, takesMore }, given) {
  if (typeof given !== 'object' || given === null) throw new TypeError(`${name}: expected one object of arguments`)
  const known = new Map(parameters.map((parameter) => [parameter.name, parameter]))
  const unknown = Object.keys(given).filter((key) => !known.has(key))
  if (unknown.length > 0 && !takesMore) {
    throw new TypeError(`${name}: unknown argument ${unknown.join(', ')}. It takes ${[...known.keys()].join(', ')}`)
  }
  if (oneOf !== undefined && oneOf.filter((key) => given[key] != null).length !== 1) {
    throw new TypeError(`${name}: expected one of ${oneOf.join(' and ')}`)
  }
  const sent = new Map()
  for (const parameter of parameters) addArgument(sent, name, parameter, given)
  for (const [key, value] of Object.entries(constants)) sent.set(key, value)
  for (const key of unknown) if (given[key] != null) sent.set(snake(key), given[key])
  return sent
}

function addArgument(sent, method, parameter, given) {
  const { name, sent: key, required, default: preset = null, leftOut, spread, file, namedBy } = parameter
  const value = given[name] === undefined ? preset : given[name]
  if (required && value === null) throw new TypeError(`${method}: the argument ${name} is missing`)
  // The body of an object argument comes first, so that the other arguments replace its fields.
  if (spread) {
    const others = [...sent]
    sent.clear()
    for (const [field, content] of [...Object.entries(value ?? {}), ...others]) sent.set(field, content)
  } else if (file !== undefined) {
    if (value === null) throw new TypeError(`${method}: the argument ${name} is missing`)
    sent.set(key, new FilePart(toBlob(method, name, value), given[namedBy] || nameOf(value) || file))
  } else if (key !== undefined && !(leftOut === 'empty' && isEmpty(value)) && !(leftOut === 'null' && value === null)) {
    sent.set(key, value)
  }
}

/** A `File` has a name. It may be a path. */
const nameOf = (file) => (typeof file.name === 'string' && file.name.split('/').at(-1)) || null

const isEmpty = (value) =>
  value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

function addQuery(url, values) {
  for (const [name, value] of values) if (value !== null) url.searchParams.append(name, textOf(value))
}

function makeForm(values) {
  const form = new FormData()
  for (const [name, value] of values) {
    if (value instanceof FilePart) form.append(name, value.content, value.name)
    else form.append(name, textOf(value))
  }
  return form
}

function toBlob(method, name, content) {
  if (content instanceof Blob) return content
  if (content instanceof ArrayBuffer || ArrayBuffer.isView(content)) return new Blob([content])
  throw new TypeError(
    `${method}: expected ${name} as File, Blob, Uint8Array or ArrayBuffer, found a value of type ${typeof content}`,
  )
}

/** Writes a value into a query or a form as the Python SDK does. */
function textOf(value) {
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'object' ? pythonJson(value) : String(value)
}

/** Returns what Python's `json.dumps` writes: spaces after separators, and ASCII only. */
function pythonJson(value) {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`
  if (typeof value === 'object' && value !== null && typeof value.toJSON !== 'function') {
    const entries = Object.entries(value).filter(([, content]) => content !== undefined)
    return `{${entries.map(([name, content]) => `${pythonJson(name)}: ${pythonJson(content)}`).join(', ')}}`
  }
  const text = JSON.stringify(value) ?? 'null'
  return text.replace(/[\u007f-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function parse(text) {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

/** Returns the milliseconds that the answer asks for. */
function waitOf(response) {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
}
