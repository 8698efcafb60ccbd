/** The one place that talks HTTP with the server. */

import { parseKeepingText } from './json-text.ts'

/** An RFC 9457 problem document, or our own words when the server could not be reached. */
export class ApiError extends Error {
  readonly status: number
  readonly title: string
  readonly code: string
  readonly line: number | null

  constructor(problem: { status: number; title: string; detail: string; code: string; line: number | null }) {
    super(problem.detail)
    this.name = 'ApiError'
    this.status = problem.status
    this.title = problem.title
    this.code = problem.code
    this.line = problem.line
  }
}

export type Page<T> = { data: T[]; next_cursor: string | null }

type Options = {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Sent as JSON; text is sent as it is, for values that must stay lossless. */
  body?: object | string
  /** Members whose values are kept as JSON text (see json-text.ts). */
  keepText?: ReadonlySet<string>
  headers?: Readonly<Record<string, string>>
  signal?: AbortSignal
}

const UNREACHABLE = 'unreachable'

/** Calls the API and returns its JSON; throws an ApiError for everything that is not a 2xx answer. */
export async function api<T>(path: string, options: Options = {}): Promise<T> {
  const response = await send(path, options)
  const text = await response.text()
  if (!response.ok) throw new ApiError(readProblem(response.status, text))
  if (text === '') return undefined as T
  // The server validates its answers against the same schemas that these types follow.
  return (options.keepText ? parseKeepingText(text, options.keepText) : JSON.parse(text)) as T
}

/** A query string of the parameters that have a value, with its question mark. */
export function query(parameters: Readonly<Record<string, string | number | boolean | null | undefined>>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  }
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}

async function send(path: string, { method = 'GET', body, headers, signal }: Options): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      signal,
      credentials: 'same-origin',
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      body: typeof body === 'object' ? JSON.stringify(body) : body,
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError({
      status: 0,
      code: UNREACHABLE,
      line: null,
      title: 'The server can’t be reached',
      detail: 'Check that it is running and that you are connected, then try again.',
    })
  }
}

/** The problem that an answer with an error states. */
export function readProblem(status: number, text: string) {
  const fallback = { status, title: `The server answered ${status}`, detail: text.slice(0, 500), code: '', line: null }
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null) return fallback
    const problem = parsed as Record<string, unknown>
    return {
      status,
      title: textOf(problem.title) ?? fallback.title,
      detail: textOf(problem.detail) ?? textOf(problem.message) ?? '',
      code: textOf(problem.code) ?? '',
      line: typeof problem.line === 'number' ? problem.line : null,
    }
  } catch {
    return fallback
  }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
