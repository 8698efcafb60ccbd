/** Converts requests to a wait's URL into stored JSON. */

import { isUtf8 } from 'node:buffer'
import { contentTypeOf, type HeaderPairs } from '../shared/headers.ts'
import type { RunRequest } from './run.ts'

export const EVENT_BYTES = 1024 * 1024

export function eventJson({ method, url, query, headers, body }: RunRequest, name: string, receivedAt: number): string {
  const isText = isUtf8(body)
  const text = body.toString(isText ? 'utf8' : 'base64')
  const meta = { name, received_at: receivedAt, method, url, query, headers }
  return JSON.stringify({ ...meta, body: text, encoding: isText ? 'utf8' : 'base64' })
}

/** An event that no HTTP client sent. Its body is JSON. */
export function postedRequest(headers: HeaderPairs, given: unknown): RunRequest {
  const body = given === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(given))
  const own = headers.filter(([name]) => name.toLowerCase() !== 'content-type')
  const type = body.length === 0 ? [] : [['Content-Type', 'application/json'] as const]
  return { method: 'POST', url: '', query: '', headers: [...own, ...type], body }
}

/** JSON: the body's value, or its text. */
export function bodyJson({ headers, body }: RunRequest): string {
  const text = isUtf8(body) ? body.toString('utf8') : `(${body.length} bytes)`
  if (body.length === 0) return 'null'
  return contentTypeOf(headers).toLowerCase().startsWith('application/json') ? text : JSON.stringify(text)
}
