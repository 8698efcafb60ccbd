import type { HeaderPairs } from '../shared/headers.ts'

export const OUTBOUND_MODES = ['live', 'read_only', 'recorded', 'blocked'] as const
export type OutboundMode = (typeof OUTBOUND_MODES)[number]

export type BodyText = { readonly text: string; readonly encoding: 'utf8' | 'latin1' }

export type Exchange = {
  readonly query: string
  readonly requestHeaders: HeaderPairs
  readonly requestBody: BodyText
  readonly responseHeaders: HeaderPairs
  readonly responseBody: BodyText
}

export type OutgoingCall = {
  readonly id: string
  readonly startedAt: number
  readonly durationMs: number
  /** Null: a connection outside HTTP libraries. */
  readonly method: string | null
  readonly scheme: string | null
  readonly host: string
  readonly port: number
  readonly path: string | null
  readonly status: number | null
  readonly error: string | null
  readonly isRefused: boolean
  readonly isAnswered: boolean
  readonly requestBytes: number | null
  readonly responseBytes: number | null
  /** Null: not recorded, or too large. */
  readonly exchange: Exchange | null
}

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

export type CallOptions = {
  readonly traceId: string | null
  readonly propagate: boolean
  readonly record: boolean
  readonly answers: readonly RecordedAnswer[]
}

export const MAX_CALLS = 200
export const MAX_RECORDED_BYTES = 1024 * 1024

export type WouldSend = Pick<OutgoingCall, 'method' | 'host' | 'port' | 'path'>

export const wouldSendOf = (calls: readonly OutgoingCall[]): readonly WouldSend[] =>
  calls.filter(({ isRefused }) => isRefused).map(({ method, host, port, path }) => ({ method, host, port, path }))

export function answersOf(calls: readonly OutgoingCall[]): readonly RecordedAnswer[] {
  return calls.flatMap(({ method, host, port, path, status, exchange }) => {
    if (method === null || path === null || status === null || exchange === null) return []
    const { query, responseHeaders: headers, responseBody } = exchange
    const encoding = responseBody.encoding === 'utf8' ? ('utf-8' as const) : ('latin-1' as const)
    return [{ method, host, port, path, query, status, headers, body: responseBody.text, encoding }]
  })
}

const CREDENTIALS = /^(authorization|proxy-authorization|cookie|set-cookie|x-api-key)$/i

export function redactCalls(calls: readonly OutgoingCall[], redact: (text: string) => string): readonly OutgoingCall[] {
  const pairs = (headers: HeaderPairs): HeaderPairs =>
    headers.map(([name, value]) => [name, CREDENTIALS.test(name) ? '***' : redact(value)] as const)
  const body = ({ text, encoding }: BodyText): BodyText => {
    const after = redact(text)
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
