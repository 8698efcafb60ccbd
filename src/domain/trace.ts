/** Traces: the identity that a run shares with the call that caused it (W3C Trace Context), and the spans of its stages. */

import { createHash } from 'node:crypto'
import type { HeaderPairs } from './headers.ts'
import type { Run, Timing } from './run.ts'

/** `parentId`: the span of the caller; null when the run began the trace. */
export type TraceContext = { readonly traceId: string; readonly parentId: string | null }

export type Span = {
  readonly id: string
  readonly parentId: string | null
  readonly name: string
  readonly kind: 'stage'
  readonly startedAt: number
  readonly durationMs: number
  readonly attributes: Readonly<Record<string, string | number>>
  /** The code of the failure; null without one. */
  readonly error: string | null
}

/** https://www.w3.org/TR/trace-context/#traceparent-header: later versions may add fields. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?$/
const ZEROS = /^0+$/
const MAX_LENGTH = 512

/** The trace that the caller's `traceparent` continues; null without a valid one, or with several. */
export function parseTraceparent(headers: HeaderPairs): TraceContext | null {
  const values = headers.filter(([name]) => name.toLowerCase() === 'traceparent')
  const value = values.length === 1 ? values[0]?.[1].trim() : undefined
  if (value === undefined || value.length > MAX_LENGTH) return null
  const [, traceId, parentId] = TRACEPARENT.exec(value) ?? []
  if (traceId === undefined || parentId === undefined || ZEROS.test(traceId) || ZEROS.test(parentId)) return null
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

/** 16 hexadecimal digits, the same at each reading. */
const spanId = (runId: string, name: string): string =>
  createHash('sha256').update(`${runId} ${name}`).digest('hex').slice(0, 16)
