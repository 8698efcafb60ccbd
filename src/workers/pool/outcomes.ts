import { loopbackHint } from '../../domain/runs/loopback-hint.ts'
import type { Job, Outcome, Warning } from '../../domain/runs/run.ts'
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

export type Rest = Parameters<typeof readOutcome>[1] & { readonly blocked: readonly string[] }

export function toLoadResult({ message, line = null, place, isUndeclared = false }: Failure): LoadResult {
  return { ok: false, detail: message, line: place?.line ?? line, file: place?.file ?? null, isUndeclared }
}

export function toOutcome(job: Job, report: RunReport, { blocked, ...others }: Rest): Outcome {
  const rest = { ...others, peakMemoryBytes: report.peak || null }
  const { timeoutMs, memoryBytes, source, files } = job
  const limits = { timeoutMs, memoryBytes, source, files, peakBytes: report.peak }
  // A result counts only if its process ended by itself or is reused.
  const isWhole =
    report.result !== null && (report.ended !== null || (job.isolation === 'reuse' && report.stop === null))
  const read = isWhole && report.result !== null ? readOutcome(report.result, rest) : null
  // A run that is not durable must not end in a wait.
  const outcome = read?.status === 'waiting' && job.steps === undefined ? null : read
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

/** Returns null if the process's end can change the outcome. */
export function readFinal(result: Frame, rest: () => Rest): Outcome | null {
  const { status, code } = result.header
  if (status !== 'succeeded' && code !== 'exception') return null
  const { blocked, ...others } = rest()
  const outcome = readOutcome(result, others)
  return outcome && withBlocked(outcome, blocked)
}

function withBlocked(outcome: Outcome, blocked: readonly string[]): Outcome {
  const hint = outcome.code === 'exception' ? loopbackHint(`${outcome.message}\n${outcome.traceback}`) : null
  const messages = hint === null ? blocked : [...blocked, hint]
  if (messages.length === 0) return outcome
  const warnings = messages.map((message): Warning => ({ code: 'egress_blocked', message }))
  return { ...outcome, warnings: [...outcome.warnings, ...warnings] }
}

export function round(ms: number): number {
  return Math.max(0, Math.round(ms * 1000) / 1000)
}
