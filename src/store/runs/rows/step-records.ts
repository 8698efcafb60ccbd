import type { ChildEnd } from '../../../domain/runs/child-run.ts'
import type { LogLine } from '../../../domain/runs/run.ts'
import type { StepCall, StepKey, StepKind, StepStatus, StoredStep, Wait } from '../../../domain/runs/steps.ts'
import type { Snapshot } from '../../../domain/settings/settings.ts'
import type { Actor } from '../../../domain/shared/actor.ts'
import type { Question } from '../../../domain/tasks/task.ts'
import type { NewDecision, Proposal } from '../../decisions/records.ts'
import type { Part } from './part.ts'
import type { NewRun } from './records.ts'

export type { Part } from './part.ts'

export type StepCommit = {
  readonly part: Part
  readonly workflowName: string
  readonly call: StepCall
  /** Redacted JSON. */
  readonly shown: string
  readonly keepSettings: boolean
  readonly snapshot: Snapshot
  readonly at: number
  readonly decision?: NewDecision
  readonly childId?: string | null
}

export type CommittedStep = {
  /** False if the run continues elsewhere, or has ended. */
  readonly applied: boolean
  /** If set, nothing of the step is stored. */
  readonly settingsError: string | null
  readonly written: readonly { readonly key: string; readonly value: string | null; readonly revision: number }[]
}

export type ProposalOfCall = { readonly call: Pick<StepKey, 'name' | 'number'>; readonly proposal: Proposal }

/** `shown` is redacted. */
export type StoredEnd = ChildEnd & { readonly shown: string }

export type ChildOfCall = { readonly call: StepKey } & (
  | { readonly run: NewRun; readonly end?: undefined }
  | { readonly end: StoredEnd; readonly run?: undefined }
)

export type EndedChild = {
  readonly id: string
  readonly firstId: string
  /** First attempt of the waiting run, or null. */
  readonly caller: { readonly firstId: string; readonly workflowId: string } | null
}

export type ChildResult = {
  readonly child: EndedChild
  /** Null: another attempt follows, or no run waits. */
  readonly result: StoredEnd | null
  readonly now: number
}

export type Suspension = {
  readonly part: Part
  readonly waits: readonly Wait[]
  /** Redacted, by task name. */
  readonly questions: ReadonlyMap<string, Question>
  readonly proposals: ReadonlyMap<string, ProposalOfCall>
  readonly children: readonly ChildOfCall[]
  /** Redacted. */
  readonly logs: readonly LogLine[]
  readonly at: number
}

export type Wake = {
  readonly runId: string
  /** Null: all sleeps and pauses. */
  readonly name: string | null
  readonly by: Actor
  readonly now: number
}

export type WaitEvent = {
  /** Null: posted to the wait's URL. */
  readonly by: Actor | null
  readonly firstId: string
  readonly name: string
  readonly json: string
  /** Redacted JSON. */
  readonly shown: string
  readonly now: number
}

/** `over`: its time is over, another name came first, or the run has ended. */
export type Received = 'received' | 'already_received' | 'over' | 'too_many' | 'unknown'

export type ListedStep = StepKey & {
  readonly status: StepStatus
  /** Redacted JSON. */
  readonly shown: string | null
  readonly attempts: number
  readonly startedAt: number
  readonly finishedAt: number | null
  readonly until: number | null
  readonly taskId: string | null
  readonly runId: string | null
  readonly part: number
  readonly attempt: number
}

export type StepStore = {
  loadSteps(part: Part): Promise<readonly StoredStep[]>
  /** One transaction with the changed settings. A stored call changes nothing. */
  commitStep(commit: StepCommit): Promise<CommittedStep>
  /** Returns false if the run continues elsewhere, or has ended. */
  suspend(suspension: Suspension): Promise<boolean>
  /** Queues runs whose wait is over. Returns how late each is, in milliseconds. */
  wakeDue(now: number, limit: number): Promise<readonly number[]>
  nextWakeAt(): Promise<number | null>
  /** Ends all sleeps and pauses of a run, or those with this name. Returns false if it has none. */
  wake(wake: Wake): Promise<boolean>
  receiveEvent(event: WaitEvent): Promise<Received>
  listSteps(runId: string): Promise<readonly ListedStep[]>
  /** Lists ended attempts whose callers have not received the end. */
  listEndedChildren(limit: number): Promise<readonly EndedChild[]>
  /** Stores the end as the result of the call, and wakes the caller. */
  settleChild(result: ChildResult): Promise<boolean>
  /** Direct and indirect, at most `limit`. */
  countParents(runId: string, limit: number): Promise<number>
  cancelWaiting(runId: string, now: number): Promise<boolean>
  /** Returns how many it cancelled. */
  cancelAllWaiting(workflowId: string, now: number, limit: number): Promise<number>
  /** Runs are held after a restore. Counts at most `limit`. */
  countHeld(limit: number): Promise<number>
  releaseHeld(limit: number): Promise<number>
  cancelHeld(now: number, limit: number): Promise<number>
  countWaits(): Promise<ReadonlyMap<StepKind, number>>
  /** Signs the URLs that end waits. Survives rotation of the secret key. */
  getWaitKey(): Promise<Uint8Array>
  /** Null: all workflows. */
  countWaiting(workflowIds: readonly string[] | null): Promise<ReadonlyMap<string, number>>
}
