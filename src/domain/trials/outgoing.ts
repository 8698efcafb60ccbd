/** The outgoing HTTP calls of a run. */

import type { HeaderPairs } from '../headers.ts'

/** What a run may send: everything, only calls that read, only what is recorded, nothing. */
export const OUTBOUND_MODES = ['live', 'read_only', 'recorded', 'blocked'] as const
export type OutboundMode = (typeof OUTBOUND_MODES)[number]

/** Bytes as text: `latin1` where they are no UTF-8. */
export type BodyText = { readonly text: string; readonly encoding: 'utf8' | 'latin1' }

/** What was sent and received. */
export type Exchange = {
  readonly query: string
  readonly requestHeaders: HeaderPairs
  readonly requestBody: BodyText
  readonly responseHeaders: HeaderPairs
  readonly responseBody: BodyText
}

export type OutgoingCall = {
  /** 16 hexadecimal digits: the id of its span. */
  readonly id: string
  readonly startedAt: number
  readonly durationMs: number
  /** Null for a connection that no HTTP library made. */
  readonly method: string | null
  readonly scheme: string | null
  readonly host: string
  readonly port: number
  /** Without the query; null for a connection. */
  readonly path: string | null
  readonly status: number | null
  /** The type of the exception; null when there was an answer. */
  readonly error: string | null
  /** Whether a trial did not let it out. */
  readonly isRefused: boolean
  /** Whether it was answered from a recording. */
  readonly isAnswered: boolean
  readonly requestBytes: number | null
  readonly responseBytes: number | null
  /** Null: not recorded, or too large. */
  readonly exchange: Exchange | null
}

/** A call that a trial answers as the original's was. */
export type RecordedAnswer = {
  readonly method: string
  readonly host: string
  readonly port: number
  readonly path: string
  readonly query: string
  readonly status: number
  readonly headers: HeaderPairs
  readonly body: string
  readonly encoding: 'utf-8' | 'latin-1'
}

/** What the process of a run must know about its calls. */
export type CallOptions = {
  readonly traceId: string | null
  /** Whether outgoing calls continue the trace. */
  readonly propagate: boolean
  /** Whether exchanges are kept. */
  readonly record: boolean
  readonly answers: readonly RecordedAnswer[]
}

/** Calls that are kept of one run. */
export const MAX_CALLS = 200
/** Bodies, headers and queries that are kept of one run. */
export const MAX_RECORDED_BYTES = 1024 * 1024

/** What a function would have sent outside of a trial. */
export type WouldSend = Pick<OutgoingCall, 'method' | 'host' | 'port' | 'path'>

export const wouldSendOf = (calls: readonly OutgoingCall[]): readonly WouldSend[] =>
  calls.filter(({ isRefused }) => isRefused).map(({ method, host, port, path }) => ({ method, host, port, path }))

/** The answers that a recording holds, in the order of the calls. */
export function answersOf(calls: readonly OutgoingCall[]): readonly RecordedAnswer[] {
  return calls.flatMap(({ method, host, port, path, status, exchange }) => {
    if (method === null || path === null || status === null || exchange === null) return []
    const { query, responseHeaders: headers, responseBody } = exchange
    const encoding = responseBody.encoding === 'utf8' ? ('utf-8' as const) : ('latin-1' as const)
    return [{ method, host, port, path, query, status, headers, body: responseBody.text, encoding }]
  })
}

/** Headers that are credentials, whatever their value. */
const CREDENTIALS = /^(authorization|proxy-authorization|cookie|set-cookie|x-api-key)$/i

/** Replaces what `redact` finds in the path and in what was recorded, and all headers that are credentials. */
export function redactCalls(calls: readonly OutgoingCall[], redact: (text: string) => string): readonly OutgoingCall[] {
  const pairs = (headers: HeaderPairs): HeaderPairs =>
    headers.map(([name, value]) => [name, CREDENTIALS.test(name) ? '***' : redact(value)] as const)
  const body = ({ text, encoding }: BodyText): BodyText => {
    const after = redact(text)
    // What replaces a part of bytes may be any text.
    return { text: after, encoding: after === text ? encoding : encodingOf(after, encoding) }
  }
  return calls.map((call) => {
    const path = call.path === null ? null : redact(call.path)
    if (call.exchange === null) return { ...call, path }
    const { query, requestHeaders, requestBody, responseHeaders, responseBody } = call.exchange
    const exchange = {
      query: redact(query),
      requestHeaders: pairs(requestHeaders),
      requestBody: body(requestBody),
      responseHeaders: pairs(responseHeaders),
      responseBody: body(responseBody),
    }
    return { ...call, path, exchange }
  })
}

const encodingOf = (text: string, before: BodyText['encoding']): BodyText['encoding'] =>
  before === 'latin1' && /^[\0-\xff]*$/.test(text) ? 'latin1' : 'utf8'
