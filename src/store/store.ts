/**
 * What the rest of the program may ask of the store. All SQL stands behind these functions;
 * each one that writes is one transaction, flushed to disk before its promise resolves.
 */

import type { Role, Scope } from '../domain/access.ts'
import type { IdempotencyKey } from '../domain/idempotency.ts'
import type { LogLine, Outcome, Run, RunRequest, RunStatus, SettingsChange, Trigger, Warning } from '../domain/run.ts'
import type { Actor, Setting, SettingHistory, Snapshot } from '../domain/settings.ts'
import type { Version, Workflow } from '../domain/workflow.ts'
import type { CallerStore } from './callers.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { IdempotencyKeys } from './idempotency-keys.ts'
import type { PasswordResets } from './password-resets.ts'
import type { PeopleStore } from './people.ts'
import type { Attempts } from './run-attempts.ts'
import type { Schedules } from './schedules.ts'
import type { ServerStore } from './server-store.ts'
import type { WorkflowChanges } from './workflow-rows.ts'

export type Page<T> = { readonly data: readonly T[]; readonly nextCursor: string | null }
export type PageQuery = { readonly limit: number; readonly cursor: string | null }

export type NewRun = {
  readonly id: string
  readonly workflowId: string
  readonly versionId: string | null
  readonly source: string | null
  readonly trigger: Trigger
  readonly request: RunRequest | null
  readonly replayOf: string | null
  readonly keepSettings: boolean
  readonly createdAt: number
  /** The key of the call that makes it: no other run is stored for the same key for 24 hours. */
  readonly key?: IdempotencyKey | null
  /** Counts from 1, which it is when it is left out; `retryOf` is the first attempt. */
  readonly attempt?: number
  readonly retryOf?: string | null
  /** A queued run may start at this time; at once when it is left out. */
  readonly notBefore?: number
  /** Set: the run has its place and is `running`; null: it waits as `queued` for `claimRun`. */
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
  /** Only replays of this run. */
  readonly replayOf?: string
  readonly since?: number
  readonly until?: number
}

/** A page of a search, and how far back it has looked; with a cursor there is more to look at, found or not. */
export type SearchPage = Page<Run> & { readonly searchedBackTo: number | null }

export type StatsQuery = {
  readonly workflowId?: string
  readonly since: number
  readonly until: number
  readonly buckets: number
}

export type RunBucket = {
  readonly startsAt: number
  readonly total: number
  readonly failed: number
  /** It holds more runs than were counted. */
  readonly isCapped: boolean
  /** Of the newest runs in it; null when none has ended. */
  readonly p50Ms: number | null
  readonly p95Ms: number | null
}

/** What a change of the code was made from, by number (0: none); what is left out is not checked. */
export type VersionBase = { readonly newest?: number; readonly deployed?: number }

/** Where a run stands in the order of its workflow's runs. */
export type RunPosition = { readonly createdAt: number; readonly id: string }

export type TickOutcome = 'ran' | 'skipped' | 'missed'
export type Tick = {
  readonly dueAt: number
  readonly outcome: TickOutcome
  readonly reason: string | null
  readonly runId: string | null
}

export type NextTick = { readonly workflowId: string; readonly workflowName: string; readonly dueAt: number }

export type TickDay = {
  readonly startsAt: number
  readonly ran: number
  readonly skipped: number
  readonly missed: number
  /** Scheduled runs of that day that failed. */
  readonly failed: number
}

export type ApiKey = {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly scopes: readonly Scope[]
  readonly createdAt: number
  /** Null: it lasts until it is revoked. */
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
  readonly revokedAt: number | null
  readonly createdBy: Actor
}

/** A link that makes one account with one role, once. */
export type Invitation = {
  readonly id: string
  readonly email: string
  readonly role: Role
  readonly createdAt: number
  readonly expiresAt: number
  readonly createdBy: Actor
}

export type AuditEntry = {
  readonly at: number
  readonly by: Actor
  /** `workflow.create`, `version.deploy`, `setting.set`… */
  readonly action: string
  readonly workflowId: string | null
  readonly detail: string
}

/** Parts that say themselves what they do. */
type OtherParts = Attempts &
  CallerStore &
  DeadLetters &
  IdempotencyKeys &
  PasswordResets &
  PeopleStore &
  Schedules &
  ServerStore

export type Store = OtherParts & {
  // workflows
  /** `schedule`: a pull workflow's next tick is armed as soon as it is enabled and deployed. */
  createWorkflow(workflow: Workflow, senderSecrets?: readonly string[]): Promise<void>
  getWorkflow(id: string): Promise<Workflow | null>
  getWorkflowByHookKey(hookKey: string): Promise<Workflow | null>
  listWorkflows(filter: { kind?: string; q?: string; archived?: boolean }, page: PageQuery): Promise<Page<Workflow>>
  /** Null when there is no such workflow. `base`: what `updatedAt` must still be; throws `conflict` when it is not. */
  updateWorkflow(id: string, changes: WorkflowChanges, now: number, base?: number): Promise<Workflow | null>

  // versions
  /** Throws `conflict` when the base does not hold any more. */
  createVersion(version: Omit<Version, 'number'>, deploy: boolean, base?: VersionBase): Promise<Version>
  getVersion(workflowId: string, number: number): Promise<Version | null>
  getVersionById(id: string): Promise<Version | null>
  listVersions(workflowId: string, page: PageQuery): Promise<Page<Version>>
  deployVersion(workflowId: string, number: number, now: number, base?: VersionBase): Promise<Version | null>

  // settings
  getSnapshot(workflowId: string): Promise<Snapshot>
  listSettings(workflowId: string, page: PageQuery): Promise<Page<Setting>>
  /**
   * `secret` undefined keeps what the key has (false for a new key). Throws UserError `invalid_settings` over a limit,
   * and `conflict` when the key is not at `base` any more, the revision that the change was made from (0: absent).
   */
  putSetting(
    workflowId: string,
    key: string,
    value: string,
    secret: boolean | undefined,
    by: Actor,
    now: number,
    base?: number,
  ): Promise<Setting>
  /** False when the key did not exist. Throws like `putSetting` when it is not at `base` any more. */
  deleteSetting(workflowId: string, key: string, by: Actor, now: number, base?: number): Promise<boolean>
  listSettingHistory(workflowId: string, key: string, page: PageQuery): Promise<Page<SettingHistory>>

  // runs
  /**
   * False when runs on other servers have all places of the workflow: then nothing was stored. Throws UserError
   * `key_in_use` when another run was stored for its key.
   */
  insertRun(run: NewRun): Promise<boolean>
  /** Takes the oldest queued runs, at most `limit`, marks them `running` under this server, and returns them whole. */
  claimRuns(limit: number, now: number, skipWorkflows: readonly string[]): Promise<readonly Run[]>
  finishRun(finish: FinishRun): Promise<Finished>
  /** Ends a queued run that nobody has claimed; false when it is not queued any more. */
  cancelQueuedRun(runId: string, now: number): Promise<boolean>
  getRun(id: string): Promise<Run | null>
  listRuns(filter: RunFilter, page: PageQuery): Promise<Page<Run>>
  listLogs(runId: string, page: PageQuery): Promise<Page<LogLine>>
  /** Runs whose request, answer, error or log holds the text. */
  searchRuns(filter: RunFilter, text: string, page: PageQuery): Promise<SearchPage>
  getRunStats(query: StatsQuery): Promise<readonly RunBucket[]>
  /** Counts per workflow over a window, for the lists. */
  countRuns(since: number): Promise<ReadonlyMap<string, { total: number; failed: number; lastAt: number | null }>>

  /** Deletes a batch of keys and of dead letters past their time; gives how many that were. */
  sweep(now: number): Promise<number>

  // retention
  /** Deletes a small batch of ended runs before a position, the oldest first, with all that belongs to them; gives how many. */
  deleteRunsBefore(workflowId: string, before: RunPosition): Promise<number>
  /** Deletes a small batch of ticks that were due before a time and whose runs are gone; gives how many. */
  deleteTicksBefore(workflowId: string, dueAt: number): Promise<number>
  /** The oldest run up to which a workflow's newest ones fit into `maxBytes`, as stored; null when all of them do. */
  findOverflow(workflowId: string, maxBytes: number): Promise<RunPosition | null>
  /** What the database takes on disk. */
  databaseBytes(): Promise<number>
  /** Gives a little free space of the database back to the file system; false when there is none to give. */
  returnSpace(): Promise<boolean>

  // people and keys
  createApiKey(key: {
    id: string
    name: string
    prefix: string
    hash: string
    scopes: readonly Scope[]
    createdAt: number
    expiresAt: number | null
    createdBy: Actor
  }): Promise<void>
  /** Null for a key that was revoked or has expired. */
  findApiKey(hash: string): Promise<ApiKey | null>
  listApiKeys(): Promise<readonly ApiKey[]>
  revokeApiKey(id: string, now: number): Promise<boolean>
  createInvitation(invitation: Invitation, hash: string): Promise<void>
  /** Null once it has been accepted, was revoked or has expired. */
  findInvitation(hash: string, now: number): Promise<Invitation | null>
  /** Open ones, newest first. */
  listInvitations(now: number): Promise<readonly Invitation[]>
  /** Accepted or revoked: false when it was not open any more. */
  endInvitation(id: string, now: number): Promise<boolean>
  audit(entry: AuditEntry): Promise<void>
  listAudit(page: PageQuery): Promise<Page<AuditEntry>>

  /** Throws when the database cannot take a write right now. */
  ping(): Promise<void>
  close(): Promise<void>
}
