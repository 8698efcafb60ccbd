/** W3C Trace Context. */

import { createHash } from 'node:crypto'
import { type HeaderPairs, valuesOf } from '../shared/headers.ts'
import type { OutgoingCall } from './outgoing.ts'
import type { Run, Timing } from './run.ts'

/** `parentId` is the caller's span. */
export type TraceContext = { readonly traceId: string; readonly parentId: string | null }

export type Span = {
  readonly id: string
  readonly parentId: string | null
  readonly name: string
  readonly kind: 'stage' | 'http'
  readonly startedAt: number
  readonly durationMs: number
  readonly attributes: Readonly<Record<string, string | number>>
  /** A failure's code, an exception's type, or a status from 400. */
  readonly error: string | null
}

/** Versions after 00 may add fields. https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/
const ZEROS = /^0+$/
const MAX_LENGTH = 512

export function parseTraceparent(headers: HeaderPairs): TraceContext | null {
  const values = valuesOf(headers, 'traceparent')
  const value = values.length === 1 ? values[0]?.trim() : undefined
  if (value === undefined || value.length > MAX_LENGTH) return null
  const [, version, traceId, parentId, more] = TRACEPARENT.exec(value) ?? []
  if (traceId === undefined || parentId === undefined || ZEROS.test(traceId) || ZEROS.test(parentId)) return null
  if (version === '00' && more !== undefined) return null
  return { traceId, parentId }
}

const STAGES = ['accept', 'queue', 'commit', 'start', 'load', 'run'] as const satisfies readonly (keyof Timing)[]

export function stageSpans(run: Run, parentId: string | null): readonly Span[] {
  const { id, timing, code, startedAt, createdAt, finishedAt, status, trigger, attempt } = run
  const root = spanId(id, 'run')
  const before = (timing.accept ?? 0) + (timing.queue ?? 0)
  const from = startedAt === null ? createdAt : startedAt - before
  const whole: Span = {
    id: root,
    parentId,
    name: 'workflow',
    kind: 'stage',
    startedAt: from,
    durationMs: (finishedAt ?? from) - from,
    attributes: { 'workflow.run.status': status, 'workflow.run.trigger': trigger, 'workflow.run.attempt': attempt },
    error: code,
  }
  let at = from
  const stages = STAGES.flatMap((name): Span[] => {
    const durationMs = timing[name]
    if (durationMs === undefined) return []
    const span = {
      id: spanId(id, `stage ${name}`),
      parentId: root,
      name,
      kind: 'stage',
      startedAt: at,
      durationMs,
    } as const
    at += durationMs
    return [{ ...span, attributes: {}, error: name === 'run' ? code : null }]
  })
  return [whole, ...stages]
}

export function callSpans(runId: string, calls: readonly OutgoingCall[], leftOut: number): readonly Span[] {
  const parentId = spanId(runId, 'stage run')
  const spans = calls.map(
    (call): Span => ({
      id: call.id,
      parentId,
      name: call.method ?? 'connect',
      kind: 'http',
      startedAt: call.startedAt,
      durationMs: call.durationMs,
      attributes: attributesOf(call),
      error: call.error ?? (call.status !== null && call.status >= 400 ? String(call.status) : null),
    }),
  )
  if (leftOut === 0) return spans
  const last = calls.at(-1)?.startedAt ?? 0
  const rest = { name: `${leftOut} more calls`, kind: 'http', startedAt: last, durationMs: 0, error: null } as const
  return [
    ...spans,
    { id: spanId(runId, 'left out'), parentId, attributes: { 'workflow.calls.left_out': leftOut }, ...rest },
  ]
}

function attributesOf(call: OutgoingCall): Span['attributes'] {
  const all = {
    'http.request.method': call.method,
    'server.address': call.host,
    'server.port': call.port,
    'url.scheme': call.scheme,
    'url.path': call.path,
    'http.response.status_code': call.status,
    'http.request.body.size': call.requestBytes,
    'http.response.body.size': call.responseBytes,
    'workflow.call.refused': call.isRefused ? 'trial' : null,
    'workflow.call.answered': call.isAnswered ? 'recording' : null,
  }
  return Object.fromEntries(Object.entries(all).filter((pair): pair is [string, string | number] => pair[1] !== null))
}

const spanId = (runId: string, name: string): string =>
  createHash('sha256').update(`${runId} ${name}`).digest('hex').slice(0, 16)
