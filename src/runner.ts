/** Carries one run from start to finish: place, row, sandbox, commit, answer. Catch, pull, manual and replay differ only in who creates the run and who waits. */

import type { LogLine, Run, RunRequest, RunResponse, RunCode, RunStatus } from './domain/run.ts'
import type { Actor } from './domain/settings.ts'
import type { Workflow } from './domain/workflow.ts'

/** What the hook's caller is told; `response` null: the default answer of the status and code. */
export type HookResult = {
  readonly runId: string
  readonly status: RunStatus
  readonly code: RunCode | null
  readonly message: string | null
  readonly response: RunResponse | null
}

export type ManualRun = {
  readonly workflow: Workflow
  readonly request: RunRequest | null
  /** Version number; null: the deployed one. Ignored with `source`. */
  readonly version: number | null
  readonly source: string | null
  readonly keepSettings: boolean
}

export type Runner = {
  /** Waits for a place, stores the run, runs it, commits it. Throws UserError (`busy`, `stopping`, `disabled`, `not_deployed`, `unavailable`) when there is no run. `acceptMs`: what reading and checking the request took. */
  runHook(workflow: Workflow, request: RunRequest, acceptMs: number): Promise<HookResult>
  /** Runs now and waits for the end. Throws UserError (`not_found` version, `not_deployed`, `busy`, …). */
  runManual(manual: ManualRun): Promise<Run>
  /** The same request again as a new run; `version` null: the one that is deployed now (or the run's own when none is). */
  replay(runId: string, version: number | null): Promise<Run>
  /** False when the run had already ended; throws `not_found`. */
  cancel(runId: string, by: Actor): Promise<boolean>
  /** Lines so far of a run under way here, then each new one; `end` once it is committed. Null when the run is not under way here. */
  watchLogs(runId: string, onLine: (line: LogLine) => void, onEnd: () => void): { readonly lines: readonly LogLine[]; stop(): void } | null
  /** Called on every change of a run's state, for live pages and metrics. Returns how to stop. */
  onRunChange(listener: (change: { runId: string; workflowId: string; status: RunStatus; durationMs: number | null }) => void): () => void
  /** Looks for queued runs in the store now. */
  poke(): void
  readonly state: { readonly stopping: boolean; readonly running: number; readonly waiting: number }
  /** Stops taking runs, lets those under way finish for at most the grace time, then ends them. */
  close(): Promise<void>
}
