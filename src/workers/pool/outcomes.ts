/** The outcome of a run, from the report of its worker. */

import type { Job, Outcome, Warning } from '../../domain/run.ts'
import { describeRunFailure, outOfMemoryFailure, ranOutOfHeap } from '../worker/failures.ts'
import type { Frame } from '../worker/frames.ts'
import { type Failure, failed, readOutcome } from '../worker/outcome.ts'
import type { RunReport } from '../worker/reports.ts'
import type { LoadResult } from './pool.ts'

export const CANCELLED = {
  status: 'cancelled',
  code: 'cancelled',
  message: 'The run was cancelled before it started',
} as const

export const CLOSED = { code: 'crashed', message: 'The server stopped before the function began' } as const

/** What the report does not say. `blocked`: sentences about refused destinations. */
export type Rest = Parameters<typeof readOutcome>[1] & { readonly blocked: readonly string[] }

/** Returns the result of a load that failed. */
export function toLoadResult({ message, line = null, place, isUndeclared = false }: Failure): LoadResult {
  return { ok: false, detail: message, line: place?.line ?? line, file: place?.file ?? null, isUndeclared }
}

/** Returns the outcome of a run that has ended. */
export function toOutcome(job: Job, report: RunReport, { blocked, ...others }: Rest): Outcome {
  const rest = { ...others, peakMemoryBytes: report.peak || null }
  const { timeoutMs, memoryBytes, source, files } = job
  const limits = { timeoutMs, memoryBytes, source, files, peakBytes: report.peak }
  // A result counts only if its process ended by itself, or if it is reused.
  const isWhole =
    report.result !== null && (report.ended !== null || (job.isolation === 'reuse' && report.stop === null))
  const outcome = isWhole && report.result !== null ? readOutcome(report.result, rest) : null
  if (outcome === null) {
    const garbage = report.garbage || isWhole
    const failure = ranOutOfHeap(report, rest.logs)
      ? outOfMemoryFailure(limits, '')
      : describeRunFailure({ ...report, garbage }, limits)
    return withBlocked(failed(failure, rest), blocked)
  }
  if (outcome.code !== 'out_of_memory') return withBlocked(outcome, blocked)
  const { message } = outOfMemoryFailure(limits, '')
  return withBlocked(
    { ...outcome, message: outcome.message === '' ? message : `${outcome.message}. ${message}` },
    blocked,
  )
}

/** Returns the outcome of a run whose process has not ended; null if the end can still change it. */
export function readFinal(result: Frame, rest: () => Rest): Outcome | null {
  const { status, code } = result.header
  if (status !== 'succeeded' && code !== 'exception') return null
  const { blocked, ...others } = rest()
  const outcome = readOutcome(result, others)
  return outcome && withBlocked(outcome, blocked)
}

function withBlocked(outcome: Outcome, blocked: readonly string[]): Outcome {
  const warnings = blocked.map((message): Warning => ({ code: 'egress_blocked', message }))
  return { ...outcome, warnings: [...outcome.warnings, ...warnings] }
}

/** Milliseconds with three decimals. */
export function round(ms: number): number {
  return Math.max(0, Math.round(ms * 1000) / 1000)
}
