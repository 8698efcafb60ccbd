/** What a run is, from the row that is written before it starts to the outcome that ends it. */

import type { CancelSignal } from './cancellation.ts'
import type { HeaderPairs } from './headers.ts'
import type { ModuleFiles } from './modules/module-files.ts'
import type { CallOptions, OutboundMode, OutgoingCall } from './trials/outgoing.ts'
import type { Isolation } from './workflow.ts'
import type { EgressRule } from './workflows/egress.ts'
import type { Kind } from './workflows/kind.ts'

export const FINAL_STATUSES = ['succeeded', 'failed', 'timed_out', 'cancelled', 'lost'] as const
export const RUN_STATUSES = ['queued', 'running', ...FINAL_STATUSES] as const
/** The final states of runs that failed. */
export const FAILED_STATUSES: readonly RunStatus[] = ['failed', 'timed_out', 'lost']
export type FinalStatus = (typeof FINAL_STATUSES)[number]
export type RunStatus = (typeof RUN_STATUSES)[number]

export const TRIGGERS = ['hook', 'schedule', 'manual', 'replay', 'test', 'trial'] as const
/** Triggers of runs that count as production: tests and trials are left out of statistics, failures and dead letters. */
export const PRODUCTION_TRIGGERS = ['hook', 'schedule', 'manual', 'replay'] as const satisfies readonly Trigger[]
export type Trigger = (typeof TRIGGERS)[number]

/** Why a run did not succeed. */
export type RunCode =
  | 'invalid_response'
  | 'invalid_settings'
  | 'exception'
  | 'load_error'
  | 'timeout'
  | 'crashed'
  | 'out_of_memory'
  | 'cancelled'
  | 'lost'

/** The status that the caller of a hook gets for each failure. */
export const FAILURE_STATUS_CODES: Readonly<Record<RunCode, number>> = {
  invalid_response: 502,
  invalid_settings: 500,
  exception: 500,
  load_error: 500,
  timeout: 504,
  crashed: 500,
  out_of_memory: 500,
  cancelled: 503,
  lost: 503,
}

/** The status of the answer that an outcome leads to. */
export function statusCodeOf({ code, response }: Pick<Outcome, 'code' | 'response'>): number {
  return code === null ? (response?.status ?? 200) : FAILURE_STATUS_CODES[code]
}

/** Characters of a label; a longer one is cut. */
export const MAX_LABEL = 200

export type Warning = { readonly code: string; readonly message: string; readonly key?: string }

export type RunRequest = {
  readonly method: string
  /** Path and query as received. */
  readonly url: string
  readonly query: string
  readonly headers: HeaderPairs
  /** Exactly the bytes that came. */
  readonly body: Buffer
  /** True when the workflow's privacy rules removed something: then it is not what the sender sent. */
  readonly redacted?: boolean
}

/** What the function chose to answer, already checked (domain/hooks/catch.ts). */
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
  /** Only until it is stored: a long line was cut here, and the next line of the stream is the rest of it. */
  readonly isCut?: boolean
  /** Only until it is stored: the part of its line before its start, or after its end, was dropped. */
  readonly torn?: 'start' | 'end'
}

/** Keys that a run set or deleted. Values are JSON text, never parsed by the server. */
export type SettingsPatch = {
  readonly set: ReadonlyMap<string, string>
  readonly deleted: readonly string[]
}
export const EMPTY_PATCH: SettingsPatch = { set: new Map(), deleted: [] }

/** Milliseconds each part of a run took. */
export type Timing = {
  readonly accept?: number
  readonly queue?: number
  readonly start?: number
  readonly load?: number
  readonly run?: number
  readonly commit?: number
}

/** Packages that are installed on this server, for code that declares some. */
export type InstalledPackages = { readonly id: string; readonly sitePackages: string }

/** What the pool is asked to do: everything that the sandboxed process gets, and its limits. */
export type Job = {
  readonly runId: string
  readonly workflowId: string
  readonly kind: Kind
  /** Workers that loaded the same key may serve the job: a version's id, or a hash of unsaved source. */
  readonly versionKey: string
  readonly source: string
  /** Modules beside the source. */
  readonly files: ModuleFiles
  readonly runtime: string
  /** Null: the base packages of the runtime. */
  readonly environment: InstalledPackages | null
  readonly isolation: Isolation
  readonly timeoutMs: number
  readonly memoryBytes: number
  /** Environment variables of the function. */
  readonly variables: Readonly<Record<string, string>>
  readonly egress: EgressRule
  /** What the run may send; everything when it is left out. */
  readonly outbound?: OutboundMode
  readonly calls?: CallOptions
  readonly request: RunRequest | null
  /** Key to JSON text, without `__workflow_id`, which the worker adds. */
  readonly settings: ReadonlyMap<string, string>
  readonly onLog?: (line: LogLine) => void
  /** Aborted when a person cancels the run. */
  readonly signal?: CancelSignal
  /**
   * If given, the pool may return the outcome when the result is complete, and calls this before. `ended` resolves when no
   * process of the run lives any more. What the run prints after its result is dropped.
   */
  readonly onResult?: (ended: Promise<void>) => void
}

/** How a run ended, as the pool reports it. */
export type Outcome = {
  readonly status: Exclude<FinalStatus, 'lost'>
  readonly code: RunCode | null
  readonly message: string | null
  readonly traceback: string | null
  /** Line of the user's source the failure points at, 1-based. */
  readonly line: number | null
  /** Null: the caller gets the default answer, or the problem that `code` maps to. */
  readonly response: RunResponse | null
  /** Text of a return value that is no response (`repr`, capped); null when there is none. */
  readonly result: string | null
  /** What the function calls this run: the text that a pull function returns, or the header `Workflow-Label`. */
  readonly label: string | null
  readonly patch: SettingsPatch
  readonly warnings: readonly Warning[]
  readonly logs: readonly LogLine[]
  readonly timing: Timing
  /** Its outgoing calls, and how many more there were. */
  readonly calls?: readonly OutgoingCall[]
  readonly callsLeftOut?: number
  /** The most memory that its process had in RAM, with what it shares with its template; null: not measured. */
  readonly peakMemoryBytes: number | null
}

export type SettingsChange = {
  readonly key: string
  /** JSON text; null when the key did not exist, was deleted, or is secret. */
  readonly old: string | null
  readonly new: string | null
}

/** A run as it is stored. `request`, `response` and `traceback` are only there when it is read whole. */
export type Run = {
  readonly id: string
  readonly workflowId: string
  readonly versionId: string | null
  /** Null for code that was tried without being saved. */
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
  /** What it did to settings that are not kept: in the answer to who waited for the run, stored nowhere. */
  readonly scratchChanges?: readonly SettingsChange[]
  readonly warnings: readonly Warning[]
  /** The run that this one replays. */
  readonly replayOf: string | null
  /** Counts the attempts of a background run, from 1; `retryOf` is the first of them. */
  readonly attempt: number
  readonly retryOf: string | null
  /** Whether changes of settings are kept. */
  readonly keepSettings: boolean
  /** Code that is not saved as a version (`source` of a manual run). */
  readonly source: string | null
  /** Modules beside `source`. */
  readonly files: ModuleFiles
  readonly createdAt: number
  /** When a background run may start; null: its caller waited, and it started at once. */
  readonly notBefore: number | null
  readonly startedAt: number | null
  readonly finishedAt: number | null
  readonly timing: Timing
  readonly label: string | null
  /** The status of the answer to a hook's caller; null for other kinds, and while there is no answer. */
  readonly statusCode: number | null
  /** A digest of the value by which it waits for others; null: it does not. */
  readonly lane: string | null
  /** 1: a call that ran the candidate of a canary; 0: one beside it that ran the deployed version; null: there was no canary. */
  readonly canary: 0 | 1 | null
  /** The trace that it belongs to, and the span of its caller; null in runs from before there were traces. */
  readonly traceId: string | null
  readonly traceParentId: string | null
  /** The most memory that its process had in RAM; null: not measured. */
  readonly peakMemoryBytes: number | null
}

/** A run changed its state. */
export type RunChange = {
  readonly runId: string
  readonly workflowId: string
  readonly status: RunStatus
  readonly durationMs: number | null
  /** Why it did not succeed, where the server that executed it says so. */
  readonly code?: RunCode | null
}

export const isFinal = (status: RunStatus): status is FinalStatus => status !== 'queued' && status !== 'running'
