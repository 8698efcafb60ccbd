/** Reports of outgoing calls are untrusted input. */

import { isUtf8 } from 'node:buffer'
import {
  type BodyText,
  type Exchange,
  MAX_CALLS,
  MAX_RECORDED_BYTES,
  type OutgoingCall,
} from '../../domain/runs/outgoing.ts'
import type { HeaderPairs } from '../../domain/shared/headers.ts'
import { type Frame, numberOrNull, wholeOrNull } from './frames.ts'

const MAX_TEXT = 2000
const MAX_QUERY = 32_000
const MAX_HEADERS = 500
/** A run that sends many more frames forged them. */
const MAX_FRAMES = 2 * MAX_CALLS

export class CallLog {
  readonly #calls: OutgoingCall[] = []
  #frames = 0
  #recorded = 0

  add({ header, payload }: Frame): boolean {
    this.#frames += 1
    if (this.#frames > MAX_FRAMES) return false
    const call = readCall(header)
    if (call === null || this.#calls.length >= MAX_CALLS) return true
    const size = payload.length + JSON.stringify(header).length
    const exchange = this.#recorded + size > MAX_RECORDED_BYTES + MAX_QUERY ? null : readExchange(header, payload)
    if (exchange !== null) this.#recorded += size
    this.#calls.push({ ...call, exchange })
    return true
  }

  get calls(): readonly OutgoingCall[] {
    return this.#calls.toSorted((one, other) => one.startedAt - other.startedAt)
  }
}

function readCall(header: Frame['header']): Omit<OutgoingCall, 'exchange'> | null {
  const { id, started, ms, method, host, port, path, scheme } = header
  const startedAt = numberOrNull(started)
  if (typeof id !== 'string' || !/^[0-9a-f]{16}$/.test(id) || startedAt === null) return null
  if (typeof method !== 'string' || typeof host !== 'string' || typeof path !== 'string') return null
  return {
    id,
    startedAt: Math.round(startedAt * 1000) / 1000,
    durationMs: Math.round(Math.max(0, numberOrNull(ms) ?? 0) * 1000) / 1000,
    method: cut(method, 50),
    scheme: typeof scheme === 'string' ? cut(scheme, 10) : 'http',
    host: cut(host, 255),
    port: wholeOrNull(port) ?? 0,
    path: cut(path, MAX_TEXT),
    status: wholeOrNull(header.status),
    error: typeof header.error === 'string' ? cut(header.error, 200) : null,
    isRefused: header.refused === true,
    isAnswered: header.answered === true,
    requestBytes: wholeOrNull(header.request_bytes),
    responseBytes: wholeOrNull(header.response_bytes),
  }
}

function readExchange(header: Frame['header'], payload: Buffer): Exchange | null {
  const { whole, query, request_body } = header
  const requestHeaders = readHeaders(header.request_headers)
  const responseHeaders = readHeaders(header.response_headers)
  const length = wholeOrNull(request_body)
  if (whole !== true || typeof query !== 'string' || query.length > MAX_QUERY) return null
  if (requestHeaders === null || responseHeaders === null || length === null || length > payload.length) return null
  return {
    query,
    requestHeaders,
    responseHeaders,
    requestBody: bodyText(payload.subarray(0, length)),
    responseBody: bodyText(payload.subarray(length)),
  }
}

export function readHeaders(found: unknown, most = MAX_HEADERS): HeaderPairs | null {
  if (!Array.isArray(found) || found.length > most) return null
  const pairs: (readonly [string, string])[] = []
  for (const pair of found as readonly unknown[]) {
    const [name, value]: unknown[] = Array.isArray(pair) ? pair : []
    if (typeof name !== 'string' || typeof value !== 'string') return null
    pairs.push([name, value])
  }
  return pairs
}

const bodyText = (bytes: Buffer): BodyText =>
  isUtf8(bytes)
    ? { text: bytes.toString('utf8'), encoding: 'utf8' }
    : { text: bytes.toString('latin1'), encoding: 'latin1' }

const cut = (text: string, length: number): string => text.slice(0, length).toWellFormed()
