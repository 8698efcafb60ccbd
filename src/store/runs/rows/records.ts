import type { IdempotencyKey } from '../../../domain/hooks/idempotency.ts'
import type { ModuleFiles } from '../../../domain/modules/module-files.ts'
import type { LogLine, Outcome, Run, RunRequest, RunStatus, Trigger, Warning } from '../../../domain/runs/run.ts'
import type { TraceContext } from '../../../domain/runs/trace.ts'
import type { SettingsChange } from '../../../domain/settings/patch.ts'
import type { Snapshot } from '../../../domain/settings/settings.ts'
import type { AuditEntry } from '../../audit/audit.ts'
import type { Page, PageQuery } from '../../database/paging.ts'
import type { RunCalls } from './calls.ts'
import type { WaitingAnswer } from './originals.ts'
import type { Part } from './part.ts'
import type { HideIn, Match } from './texts.ts'

export type RunStore = {
  /** Returns false without a free slot. Throws `key_in_use` if another run has the key. */
  insert(run: NewRun): Promise<boolean>
  claim(limit: number, now: number, skipWorkflows: readonly string[]): Promise<readonly Run[]>
  /** Gives a claimed run whose function did not begin back to the queue, as soon as the database can be written. */
  requeue(run: ClaimedRun): Promise<void>
  finish(finish: FinishRun): Promise<Finished>
  cancelQueued(runId: string, now: number): Promise<boolean>
  requestCancel(runId: string, now: number): Promise<boolean>
  listCancelRequests(): Promise<readonly string[]>
  /** Marks a run of this server `lost` once the database can be written. */
  abandon(runId: string, now: number): Promise<void>
  recoverLost(now: number): Promise<readonly string[]>
  get(id: string): Promise<Run | null>
  list(filter: RunFilter, page: PageQuery): Promise<Page<Run>>
  listLast(workflowIds: readonly string[], count: number): Promise<readonly LastRun[]>
  listLogs(runId: string, page: PageQuery): Promise<Page<LogLine>>
  listCalls(runId: string, withExchanges?: boolean): Promise<RunCalls>
  /** `hideIn` is for who may not see the secrets of all workflows. */
  search(filter: RunFilter, text: string, page: PageQuery, hideIn?: HideIn): Promise<SearchPage>
  getStats(query: StatsQuery): Promise<readonly RunStatsBucket[]>
  /** Returns whether more are left. */
  foldCounts(now: number): Promise<boolean>
  /** Counts at most `most` failing workflows, roughly newest failure first. */
  count(time: CountedTime, most: number): Promise<RunCounts>
  /** Leaves out workflows without runs. */
  getTotals(time: CountedTime, workflowIds: readonly string[]): Promise<ReadonlyMap<string, RunTotals>>
}

export type ClaimedRun = Pick<Run, 'id' | 'startedAt' | 'durable'>
export type CountedTime = Pick<StatsQuery, 'since' | 'until' | 'tests'>
export type RunTotals = Pick<RunStatsBucket, 'total' | 'failed' | 'calls' | 'failedCalls' | 'p95Ms'>
export type RunCounts = RunTotals & { readonly failing: readonly ({ readonly workflowId: string } & RunTotals)[] }

export type NewRun = {
  readonly id: string
  readonly workflowId: string
  readonly versionId: string | null
  readonly source: string | null
  readonly files?: ModuleFiles
  readonly trigger: Trigger
  readonly request: RunRequest | null
  /** Encrypted until the run ends. */
  readonly original?: RunRequest | null
  readonly waits?: boolean
  readonly identities?: readonly string[]
  readonly replayOf: string | null
  readonly keepSettings: boolean
  readonly createdAt: number
  /** No other run is stored for the key within 24 hours. */
  readonly key?: IdempotencyKey | null
  /** 1 by default. `retryOf` is the run of the first attempt. */
  readonly attempt?: number
  readonly retryOf?: string | null
  /** Digest of the lane value. */
  readonly lane?: string | null
  readonly lanePosition?: number | null
  readonly canary?: 0 | 1 | null
  readonly trace?: TraceContext | null
  readonly isAttended?: boolean
  readonly notBefore?: number
  readonly startedAt: number | null
  readonly entry?: AuditEntry | null
  readonly durable?: boolean
  readonly parentRunId?: string | null
}

export type FinishRun = {
  readonly runId: string
  readonly workflowId: string
  readonly outcome: Outcome
  /** Settings at the start. A revision changed since is a conflict. */
  readonly snapshot: Snapshot
  readonly keepSettings: boolean
  readonly workflowName: string
  readonly isCatch: boolean
  readonly mayAlert: boolean
  /** The answer before redaction, or null if equal. */
  readonly original?: WaitingAnswer | null
  readonly part?: Part | null
  readonly finishedAt: number
}

export type Finished = {
  /** False if the run had ended, which discarded its result. */
  readonly applied: boolean
  readonly warnings: readonly Warning[]
  readonly settingsChanges: readonly SettingsChange[]
  /** The settings exceeded their limit: `invalid_settings`. */
  readonly settingsError: string | null
}

export type RunFilter = {
  readonly workflowId?: string
  readonly status?: RunStatus
  readonly trigger?: Trigger
  readonly failing?: boolean
  /** Defaults to false with `failing`, otherwise to true. */
  readonly tests?: boolean
  readonly replayOf?: string
  readonly since?: number
  readonly until?: number
  readonly statusCode?: number
  readonly version?: number
  readonly label?: string
  readonly minMs?: number
  readonly waitingFor?: string
  readonly wakeBefore?: number
}

export type LastRun = Pick<Run, 'id' | 'workflowId' | 'status' | 'createdAt'> & {
  readonly reportsFailure: boolean
}

/** A cursor means that runs are left to search, even without results. */
export type FoundRun = Run & { readonly match: Match }

export type SearchPage = Page<FoundRun> & { readonly searchedBackTo: number | null }

export type StatsQuery = {
  readonly workflowId?: string
  readonly since: number
  readonly until: number
  readonly buckets: number
  readonly tests?: boolean
}

export type RunStatsBucket = {
  readonly startsAt: number
  readonly total: number
  readonly failed: number
  /** Runs without retries. */
  readonly calls: number
  /** Failed runs that no retry follows. */
  readonly failedCalls: number
  readonly isCapped: boolean
  readonly p50Ms: number | null
  readonly p95Ms: number | null
}

export type RunPosition = { readonly createdAt: number; readonly id: string }
