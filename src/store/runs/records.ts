import type { IdempotencyKey } from '../../domain/hooks/idempotency.ts'
import type { ModuleFiles } from '../../domain/modules/module-files.ts'
import type {
  LogLine,
  Outcome,
  Run,
  RunRequest,
  RunStatus,
  SettingsChange,
  Trigger,
  Warning,
} from '../../domain/run.ts'
import type { Snapshot } from '../../domain/settings.ts'
import type { TraceContext } from '../../domain/trace.ts'
import type { Page, PageQuery } from '../database/paging.ts'
import type { WaitingAnswer } from '../privacy/originals.ts'
import type { RunCalls } from '../trials/calls.ts'
import type { Match } from './search/texts.ts'

/** Runs, their logs, and what is counted of them. */
export type RunStore = {
  /**
   * False when runs on other servers have all places of the workflow: then nothing was stored. Throws UserError
   * `key_in_use` when another run was stored for its key.
   */
  insertRun(run: NewRun): Promise<boolean>
  /** Takes the oldest queued runs, at most `limit`, marks them `running` under this server, and returns them whole. */
  claimRuns(limit: number, now: number, skipWorkflows: readonly string[]): Promise<readonly Run[]>
  /** Puts a run that this server claimed, and has not started, back to the queue. */
  requeueRun(runId: string): Promise<void>
  finishRun(finish: FinishRun): Promise<Finished>
  /** Ends a queued run that no server has claimed. Returns false when it is not queued any more. */
  cancelQueuedRun(runId: string, now: number): Promise<boolean>
  getRun(id: string): Promise<Run | null>
  listRuns(filter: RunFilter, page: PageQuery): Promise<Page<Run>>
  /** The newest runs of each of these workflows, at most `count` of each, without test runs. */
  listLastRuns(workflowIds: readonly string[], count: number): Promise<readonly LastRun[]>
  listLogs(runId: string, page: PageQuery): Promise<Page<LogLine>>
  /** Outgoing calls of a run; `withExchanges`: with what they sent and received, where that is kept. */
  listCalls(runId: string, withExchanges?: boolean): Promise<RunCalls>
  /** Runs whose request, answer, error or log holds the text. */
  searchRuns(filter: RunFilter, text: string, page: PageQuery): Promise<SearchPage>
  getRunStats(query: StatsQuery): Promise<readonly RunStatsBucket[]>
  /** Counts since a time; of the workflows that failed, the `most` that failed last. */
  countRuns(since: number, most: number, tests?: boolean): Promise<RunCounts>
}

export type RunCounts = {
  readonly total: number
  readonly failed: number
  /** The last failure first. */
  readonly failing: readonly { readonly workflowId: string; readonly total: number; readonly failed: number }[]
}

export type NewRun = {
  readonly id: string
  readonly workflowId: string
  readonly versionId: string | null
  readonly source: string | null
  /** Modules beside `source`. */
  readonly files?: ModuleFiles
  readonly trigger: Trigger
  readonly request: RunRequest | null
  /** The request as it came, where `request` is redacted; kept encrypted until the run has ended. */
  readonly original?: RunRequest | null
  /** Whether the answer is kept for a caller who waits. */
  readonly waits?: boolean
  /** Hashes of the values by which a person is found again. */
  readonly identities?: readonly string[]
  readonly replayOf: string | null
  readonly keepSettings: boolean
  readonly createdAt: number
  /** The key of the call that makes it: no other run is stored for the same key for 24 hours. */
  readonly key?: IdempotencyKey | null
  /** Counts from 1, which it is when it is left out; `retryOf` is the first attempt. */
  readonly attempt?: number
  readonly retryOf?: string | null
  /** A digest of the value by which it waits for others; `lanePosition`: that of the attempt before, which it keeps. */
  readonly lane?: string | null
  readonly lanePosition?: number | null
  /** Beside a canary: 1 runs the candidate, 0 the deployed version. */
  readonly canary?: 0 | 1 | null
  /** The trace that it belongs to; a new one when it is left out. */
  readonly trace?: TraceContext | null
  /** A caller waits for it although it is queued: it is not retried. */
  readonly isAttended?: boolean
  /** A queued run may start at this time; at once when it is left out. */
  readonly notBefore?: number
  /** Set: the run has its place and is `running`; null: it waits as `queued` for `claimRuns`. */
  readonly startedAt: number | null
}

export type FinishRun = {
  readonly runId: string
  readonly workflowId: string
  readonly outcome: Outcome
  /** What the run started from: conflicts are keys whose revision has moved since. */
  readonly snapshot: Snapshot
  readonly keepSettings: boolean
  readonly workflowName: string
  /** A run of a catch workflow has a status code, that of its answer. */
  readonly isCatch: boolean
  /** False for tests: they never alert. */
  readonly mayAlert: boolean
  /** The answer as the function returned it, where `outcome` is redacted; null: nothing is redacted. */
  readonly original?: WaitingAnswer | null
  readonly finishedAt: number
}

export type Finished = {
  /** False when the run was already final (`lost`, cancelled): nothing of this result was kept. */
  readonly applied: boolean
  readonly warnings: readonly Warning[]
  readonly settingsChanges: readonly SettingsChange[]
  /** Set when the settings would exceed their total limit: the run was stored as failed, `invalid_settings`. */
  readonly settingsError: string | null
}

export type RunFilter = {
  readonly workflowId?: string
  readonly status?: RunStatus
  readonly trigger?: Trigger
  /** True: only those that failed, timed out, were lost, or whose function reported a failure. */
  readonly failing?: boolean
  /** Whether test runs are listed; left out: only where the filter is not `failing`. */
  readonly tests?: boolean
  /** Only replays of this run. */
  readonly replayOf?: string
  readonly since?: number
  readonly until?: number
  readonly statusCode?: number
  /** The number of the version that ran. */
  readonly version?: number
  readonly label?: string
  /** Runs that took this long, in milliseconds, or longer. */
  readonly minMs?: number
}

/** A run at a glance. */
export type LastRun = Pick<Run, 'id' | 'workflowId' | 'status' | 'createdAt'> & {
  /** It succeeded, and what it returned says that its work failed. */
  readonly reportsFailure: boolean
}

/** A page of a search, and how far back it has looked; with a cursor there is more to look at, found or not. */
/** A run that a search found, and where it holds the text. */
export type FoundRun = Run & { readonly match: Match }

export type SearchPage = Page<FoundRun> & { readonly searchedBackTo: number | null }

export type StatsQuery = {
  readonly workflowId?: string
  readonly since: number
  readonly until: number
  readonly buckets: number
  /** Whether test runs are counted. */
  readonly tests?: boolean
}

export type RunStatsBucket = {
  readonly startsAt: number
  readonly total: number
  readonly failed: number
  /** It holds more runs than were counted. */
  readonly isCapped: boolean
  /** Of the newest runs in it; null when none has ended. */
  readonly p50Ms: number | null
  readonly p95Ms: number | null
}

/** The position of a run in the order of its workflow's runs. */
export type RunPosition = { readonly createdAt: number; readonly id: string }
