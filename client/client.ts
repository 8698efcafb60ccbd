/** Works in browsers and Node. */

import { readError, unreachable } from './errors.ts'
import { readEvents } from './events.ts'
import { JSON_MEMBERS } from './generated/json-members.ts'
import { parseJson, stringifyJson } from './json-text.ts'
import { delayBeforeRetry, pause } from './retries.ts'
import type { Answer, CallOptions, Inputs, Method, PathOf, StreamEvent, StreamPath } from './types.ts'

export type ClientOptions = {
  /** Such as `https://workflows.example.com`. Defaults to the page's origin. */
  readonly baseUrl?: string
  /** Bearer token. Without it, browsers send the session's cookie to their server. */
  readonly apiKey?: string
  /** Retries after a lack of capacity. Default 2. */
  readonly retries?: number
  /** Defaults to the global `fetch`. */
  readonly fetch?: typeof fetch
}

/** Methods take a path of the API's document, and throw an ApiError unless the response is 2xx. */
export type Client = {
  get<P extends PathOf<'get'>>(path: P, ...input: Inputs<'get', P>): Promise<Answer<'get', P>>
  post<P extends PathOf<'post'>>(path: P, ...input: Inputs<'post', P>): Promise<Answer<'post', P>>
  put<P extends PathOf<'put'>>(path: P, ...input: Inputs<'put', P>): Promise<Answer<'put', P>>
  patch<P extends PathOf<'patch'>>(path: P, ...input: Inputs<'patch', P>): Promise<Answer<'patch', P>>
  delete<P extends PathOf<'delete'>>(path: P, ...input: Inputs<'delete', P>): Promise<Answer<'delete', P>>
  /** Yields events until the stream ends. Throws an ApiError if it can't open or breaks. */
  stream<P extends StreamPath>(path: P, ...input: Inputs<'get', P>): AsyncGenerator<StreamEvent<P>, void>
  /** Returns the raw response of any path, with the client's key, errors and retries. */
  fetch(path: string, init?: RequestInit): Promise<Response>
}

type AnyInput = CallOptions & {
  readonly path?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

const DEFAULT_RETRIES = 2

/** A client needs no closing. */
export function createClient(options: ClientOptions = {}): Client {
  const call =
    (method: Method) =>
    async (path: string, input: AnyInput = {}): Promise<unknown> => {
      const members = JSON_MEMBERS[`${method.toUpperCase()} ${path}`]
      const body = input.body === undefined ? undefined : stringifyJson(input.body, members?.request)
      const response = await send(options, fill(path, input), {
        method: method.toUpperCase(),
        signal: input.signal,
        headers: body === undefined ? input.headers : { 'content-type': 'application/json', ...input.headers },
        body,
      })
      const text = await response.text()
      return text === '' ? undefined : parseJson(text, members?.answer)
    }
  const methods = { get: call('get'), post: call('post'), put: call('put'), patch: call('patch') }
  // The types follow the document, and so the server's schemas.
  return {
    ...methods,
    delete: call('delete'),
    fetch: (path, init = {}) => send(options, path, init),
    stream: (path, input: AnyInput = {}) => streamEvents(options, fill(path, input), input),
  } as Client
}

async function* streamEvents(options: ClientOptions, path: string, { signal, headers, onOpen }: CallOptions) {
  const response = await send(options, path, { signal, headers: { accept: 'text/event-stream', ...headers } })
  onOpen?.()
  try {
    for await (const { event, data } of readEvents(response)) yield { event, data: JSON.parse(data) as unknown }
  } catch (error) {
    if (signal?.aborted || error instanceof SyntaxError) throw error
    throw unreachable(options.baseUrl ?? '')
  }
}

async function send(options: ClientOptions, path: string, init: RequestInit): Promise<Response> {
  const { retries = DEFAULT_RETRIES } = options
  for (let tries = 0; ; tries += 1) {
    const response = await sendOnce(options, path, init)
    if (response.ok) return response
    const error = await readError(response)
    const seconds = tries < retries ? delayBeforeRetry(init.method ?? 'GET', error) : null
    if (seconds === null) throw error
    await pause(seconds, init.signal)
  }
}

async function sendOnce(options: ClientOptions, path: string, init: RequestInit): Promise<Response> {
  const { baseUrl = '', apiKey, fetch: send = fetch } = options
  const headers = new Headers(init.headers)
  if (apiKey !== undefined) headers.set('authorization', `Bearer ${apiKey}`)
  try {
    return await send(baseUrl.replace(/(?<!\/)\/+$/, '') + path, { credentials: 'same-origin', ...init, headers })
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw unreachable(baseUrl)
  }
}

/** The URL of a call relative to the server, for links and stream readers. */
export const addressOf = <P extends PathOf<'get'>>(path: P, ...[input]: Inputs<'get', P>): string =>
  fill(path, (input ?? {}) as AnyInput)

function fill(path: string, { path: names = {}, query = {} }: AnyInput): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => segmentOf(name, names[name] ?? ''))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  }
  return search.size === 0 ? filled : `${filled}?${search}`
}

/** `fetch` resolves `.` and `..` in every spelling, and would call another path. */
function segmentOf(name: string, value: string): string {
  if (/^\.{0,2}$/.test(value)) throw new TypeError(`${name}: expected the name of a thing, found "${value}".`)
  return encodeURIComponent(value)
}
