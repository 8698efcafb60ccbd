import type { Span } from '../../domain/runs/trace.ts'

export type RunSpans = {
  readonly traceId: string
  readonly runId: string
  readonly workflowId: string
  readonly isHook: boolean
  readonly spans: readonly Span[]
}
