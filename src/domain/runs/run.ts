import type { ModuleFiles } from '../modules/module-files.ts'
import type { SettingsChange, SettingsPatch } from '../settings/patch.ts'
import type { CancelSignal } from '../shared/cancellation.ts'
import type { EgressRule } from '../shared/egress.ts'
import type { HeaderPairs } from '../shared/headers.ts'
import type { Kind } from '../shared/kind.ts'
import type { CallOptions, OutboundMode, OutgoingCall } from './outgoing.ts'
import type { AskedWait, StepCall, StepKey, StoredStep, WaitingFor } from './steps.ts'

export const ISOLATIONS = ['fresh', 'reuse'] as const
export type Isolation = (typeof ISOLATIONS)[number]

export const FINAL_STATUSES = ['succeeded', 'failed', 'timed_out', 'cancelled', 'lost'] as const
export const RUN_STATUSES = ['queued', 'running', 'waiting', ...FINAL_STATUSES] as const
export const FAILED_STATUSES: readonly RunStatus[] = ['failed', 'timed_out', 'lost']
export type FinalStatus = (typeof FINAL_STATUSES)[number]
export type RunStatus = (typeof RUN_STATUSES)[number]

export const TRIGGERS = ['hook', 'schedule', 'manual', 'replay', 'run', 'test', 'trial'] as const
export const PRODUCTION_TRIGGERS = ['hook', 'schedule', 'manual', 'replay', 'run'] as const satisfies readonly Trigger[]
export type Trigger = (typeof TRIGGERS)[number]

export type RunCode =
  | 'invalid_response'
  | 'invalid_settings'
  | 'exception'
  | 'load_error'
  | 'connection_unavailable'
  | 'timeout'
  | 'crashed'
  | 'out_of_memory'
  | 'cancelled'
  | 'lost'
  | 'nondeterminism'
  | 'invalid_step'
  | 'wait_timed_out'
  | 'needs_answer'
  | 'invalid_decision'

export const FAILURE_STATUS_CODES: Readonly<Record<RunCode, number>> = {
  invalid_response: 502,
  invalid_settings: 500,
  exception: 500,
  load_error: 500,
  connection_unavailable: 503,
  timeout: 504,
  crashed: 500,
  out_of_memory: 500,
  cancelled: 503,
  lost: 503,
  nondeterminism: 500,
  invalid_step: 500,
  wait_timed_out: 500,
  needs_answer: 500,
  invalid_decision: 500,
}

export function statusCodeOf({ code, response }: Pick<Outcome, 'code' | 'response'>): number {
  return code === null ? (response?.status ?? 200) : FAILURE_STATUS_CODES[code]
}

export const MAX_LABEL = 200

export type Warning = { readonly code: string; readonly message: string; readonly key?: string }

export type RunRequest = {
  readonly method: string
  readonly url: string
  readonly query: string
  readonly headers: HeaderPairs
  /** The exact bytes. */
  readonly body: Buffer
  readonly redacted?: boolean
}

/** Already checked (domain/hooks/catch.ts). */
export type RunResponse = {
  readonly status: number
  readonly headers: HeaderPairs
  readonly body: string
}

export type LogStream = 'stdout' | 'stderr' | 'system'
export type LogLine = {
  readonly at: number
  readonly stream: LogStream
  readonly text: string
  /** The next line continues a long one. */
  readonly isCut?: boolean
  /** Not stored. */
  readonly torn?: 'start' | 'end'
}

export type Timing = {
  readonly accept?: number
  readonly queue?: number
  readonly start?: number
  readonly load?: number
  readonly run?: number
  readonly commit?: number
}

export type InstalledPackages = { readonly id: string; readonly sitePackages: string }

export type Job = {
  readonly runId: string
  readonly workflowId: string
  readonly kind: Kind
  /** Identifies the code for workers: a version's id, or a hash of unsaved source. */
  readonly versionKey: string
  readonly source: string
  readonly files: ModuleFiles
  readonly runtime: string
  readonly environment: InstalledPackages | null
  readonly durable?: boolean
  readonly isolation: Isolation
  readonly timeoutMs: number
  readonly memoryBytes: number
  readonly variables: Readonly<Record<string, string>>
  readonly egress: EgressRule
  readonly outbound?: OutboundMode
  readonly calls?: CallOptions
  readonly request: RunRequest | null
  /** JSON by key, without `__workflow_id`. */
  readonly settings: ReadonlyMap<string, string>
  readonly steps?: JobSteps
  readonly onLog?: (line: LogLine) => void
  readonly signal?: CancelSignal
  /**
   * The pool may call this and return the outcome once the result is complete. `ended` resolves after all processes
   * exit.
   */
  readonly onResult?: (ended: Promise<void>) => void
}

export type JobSteps = {
  /** Steps' idempotency keys derive from it. */
  readonly key: string
  /** Tests and trials do not wait. */
  readonly skipsWaits: boolean
  readonly stored: readonly StoredStep[]
  /** Printed before the first new call. Null: no earlier part logged output. */
  readonly mark: string | null
  /** Makes the URLs of waits. */
  readonly urls: { readonly key: string; readonly base: string }
  /** Outcomes of `decide` that wait for a person, and for how long. */
  readonly overseen: { readonly outcomes: readonly string[]; readonly ms: number } | null
  /** Resolves when the call is stored. Null: the run continues elsewhere, so its process must end. */
  store(call: StepCall): Promise<{ readonly error: StepProblem | null } | null>
  /** Returns a token with at least 60 s left. Later output of the run hides it. */
  accessToken(name: string): Promise<TokenAnswer>
}

export type TokenAnswer =
  | { readonly error: null; readonly token: string }
  | { readonly error: { readonly code: 'connection_unavailable' | 'unknown_connection'; readonly message: string } }

export const unknownConnection = (name: string): TokenAnswer => {
  const message = `The workflow has no connection ${JSON.stringify(name.slice(0, 100))}: add it to its connections`
  return { error: { code: 'unknown_connection', message } }
}

type StepProblem = {
  readonly code: 'invalid_step' | 'invalid_settings' | 'invalid_decision' | 'needs_answer'
  readonly message: string
}

export type Outcome = {
  /** `waiting` ends a part of a durable run. */
  readonly status: Exclude<FinalStatus, 'lost'> | 'waiting'
  readonly code: RunCode | null
  readonly message: string | null
  readonly traceback: string | null
  /** Line of the user's source, from 1. */
  readonly line: number | null
  /** Null: the default response, or the problem of `code`. */
  readonly response: RunResponse | null
  /** Capped `repr` of a return value that is no response. */
  readonly result: string | null
  /** Comes from a pull function, or the header `Workflow-Label`. */
  readonly label: string | null
  readonly patch: SettingsPatch
  readonly warnings: readonly Warning[]
  readonly logs: readonly LogLine[]
  readonly timing: Timing
  readonly calls?: readonly OutgoingCall[]
  readonly callsLeftOut?: number
  readonly waits?: readonly AskedWait[]
  /** The call whose failure ended the run. */
  readonly endedBy?: StepKey
  /** Includes pages shared with the template. */
  readonly peakMemoryBytes: number | null
}

/** Lists leave `request`, `response` and `traceback` null. */
export type Run = {
  readonly id: string
  readonly workflowId: string
  readonly versionId: string | null
  /** Null for unsaved code. */
  readonly version: number | null
  readonly trigger: Trigger
  readonly status: RunStatus
  readonly code: RunCode | null
  readonly message: string | null
  readonly traceback: string | null
  readonly request: RunRequest | null
  readonly response: RunResponse | null
  readonly result: string | null
  readonly settingsChanges: readonly SettingsChange[]
  /** Only in the response to a waiting caller. */
  readonly scratchChanges?: readonly SettingsChange[]
  readonly warnings: readonly Warning[]
  readonly replayOf: string | null
  readonly parentRunId: string | null
  /** Counts from 1. `retryOf` is the first attempt. */
  readonly attempt: number
  readonly retryOf: string | null
  readonly keepSettings: boolean
  readonly source: string | null
  readonly files: ModuleFiles
  readonly createdAt: number
  /** Null: its caller waited. */
  readonly notBefore: number | null
  readonly startedAt: number | null
  readonly finishedAt: number | null
  readonly timing: Timing
  readonly label: string | null
  readonly statusCode: number | null
  readonly lane: string | null
  readonly canary: 0 | 1 | null
  /** Null in runs older than tracing. */
  readonly traceId: string | null
  readonly traceParentId: string | null
  readonly peakMemoryBytes: number | null
  readonly erasedAt: number | null
  readonly durable: DurableRun | null
}

export type DurableRun = {
  /** Started parts. */
  readonly parts: number
  readonly steps: number
  /** Time between the parts, in milliseconds. */
  readonly waitedMs: number
  readonly waitingFor: readonly WaitingFor[] | null
}

export type RunChange = {
  readonly runId: string
  readonly workflowId: string
  readonly status: RunStatus
  readonly durationMs: number | null
  /** Set if the run's server reports it. */
  readonly code?: RunCode | null
}

export const isFinal = (status: RunStatus): status is FinalStatus => FINAL_STATUSES.some((final) => final === status)
