/** Traces: the identity that a run shares with the call that caused it (W3C Trace Context), and the spans of its stages. */

import { createHash } from 'node:crypto'
import type { HeaderPairs } from './headers.ts'
import type { Run, Timing } from './run.ts'
import type { OutgoingCall } from './trials/outgoing.ts'

/** `parentId`: the span of the caller; null when the run began the trace. */
export type TraceContext = { readonly traceId: string; readonly parentId: string | null }

export type Span = {
  readonly id: string
  readonly parentId: string | null
  readonly name: string
  readonly kind: 'stage' | 'http'
  readonly startedAt: number
  readonly durationMs: number
  readonly attributes: Readonly<Record<string, string | number>>
  /** The code of the failure, the type of the exception, or the status of an answer from 400 on; null without one. */
  readonly error: string | null
}

/** https://www.w3.org/TR/trace-context/#traceparent-header: version 00 has these four fields, later versions may add more. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/
const ZEROS = /^0+$/
const MAX_LENGTH = 512

/** The trace that the caller's `traceparent` continues; null without a valid one, or with several. */
export function parseTraceparent(headers: HeaderPairs): TraceContext | null {
  const values = headers.filter(([name]) => name.toLowerCase() === 'traceparent')
  const value = values.length === 1 ? values[0]?.[1].trim() : undefined
  if (value === undefined || value.length > MAX_LENGTH) return null
  const [, version, traceId, parentId, more] = TRACEPARENT.exec(value) ?? []
  if (traceId === undefined || parentId === undefined || ZEROS.test(traceId) || ZEROS.test(parentId)) return null
  if (version === '00' && more !== undefined) return null
  return { traceId, parentId }
}

/** The stages in the order in which a run passes them. */
const STAGES = ['accept', 'queue', 'commit', 'start', 'load', 'run'] as const satisfies readonly (keyof Timing)[]

/** The spans of a run: one for the whole, and one for each stage that was measured. */
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

/** A span for each outgoing call, and one more that says how many were left out. */
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

/** By the names of OpenTelemetry. */
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

/** 16 hexadecimal digits, the same at each reading. */
const spanId = (runId: string, name: string): string =>
  createHash('sha256').update(`${runId} ${name}`).digest('hex').slice(0, 16)
