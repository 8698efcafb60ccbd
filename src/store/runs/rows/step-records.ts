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
  /** The result as JSON, redacted. */
  readonly shown: string
  readonly keepSettings: boolean
  readonly snapshot: Snapshot
  readonly at: number
  readonly decision?: NewDecision
  /** The run that the call started. */
  readonly childId?: string | null
}

export type CommittedStep = {
  /** False if the run continues elsewhere, or has ended. */
  readonly applied: boolean
  /** Set if the settings cannot be stored. Then nothing of the step is stored. */
  readonly settingsError: string | null
  /** Settings that the step wrote. */
  readonly written: readonly { readonly key: string; readonly value: string | null; readonly revision: number }[]
}

/** A use of `decide` and its proposal. */
export type ProposalOfCall = { readonly call: Pick<StepKey, 'name' | 'number'>; readonly proposal: Proposal }

/** A run's end for the calling run. `shown` is redacted. */
export type StoredEnd = ChildEnd & { readonly shown: string }

/** The run that a call of `run` starts, or the reason why it cannot. */
export type ChildOfCall = { readonly call: StepKey } & (
  | { readonly run: NewRun; readonly end?: undefined }
  | { readonly end: StoredEnd; readonly run?: undefined }
)

/** An ended attempt of a called run. */
export type EndedChild = {
  readonly id: string
  readonly firstId: string
  /** First attempt of the waiting run, or null. */
  readonly caller: { readonly firstId: string; readonly workflowId: string } | null
}

export type ChildResult = {
  readonly child: EndedChild
  /** Null if another attempt follows, or no run waits. */
  readonly result: StoredEnd | null
  readonly now: number
}

export type Suspension = {
  readonly part: Part
  readonly waits: readonly Wait[]
  /** Redacted, by task name. */
  readonly questions: ReadonlyMap<string, Question>
  /** By task name. */
  readonly proposals: ReadonlyMap<string, ProposalOfCall>
  readonly children: readonly ChildOfCall[]
  /** Redacted log of the part. */
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

/** An event for a wait. */
export type WaitEvent = {
  /** Null: posted to the wait's URL. */
  readonly by: Actor | null
  readonly firstId: string
  readonly name: string
  readonly json: string
  /** Redacted JSON of the body. */
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
  /** Run that the call started. */
  readonly runId: string | null
  readonly part: number
  readonly attempt: number
}

export type StepStore = {
  loadSteps(part: Part): Promise<readonly StoredStep[]>
  /** Stores a call and its changed settings in one transaction. A stored call changes nothing. */
  commitStep(commit: StepCommit): Promise<CommittedStep>
  /** Ends a part that waits. Returns false if the run continues elsewhere, or has ended. */
  suspend(suspension: Suspension): Promise<boolean>
  /** Queues runs whose wait is over, oldest first. Returns how late each is, in milliseconds. */
  wakeDue(now: number, limit: number): Promise<readonly number[]>
  nextWakeAt(): Promise<number | null>
  /** Ends all sleeps and pauses of a run, or only those with this name. Returns false if the run has none. */
  wake(wake: Wake): Promise<boolean>
  receiveEvent(event: WaitEvent): Promise<Received>
  listSteps(runId: string): Promise<readonly ListedStep[]>
  /** Lists ended attempts whose calling runs have not received the end. */
  listEndedChildren(limit: number): Promise<readonly EndedChild[]>
  /** Stores a run's end as the result of the call, and wakes the calling run. */
  settleChild(result: ChildResult): Promise<boolean>
  /** Counts the callers of a run, direct and indirect, at most `limit`. */
  countParents(runId: string, limit: number): Promise<number>
  cancelWaiting(runId: string, now: number): Promise<boolean>
  /** Cancels at most `limit` waiting runs of a workflow. Returns how many. */
  cancelAllWaiting(workflowId: string, now: number, limit: number): Promise<number>
  /** Runs are held after a backup was restored. Counts at most `limit`. */
  countHeld(limit: number): Promise<number>
  releaseHeld(limit: number): Promise<number>
  cancelHeld(now: number, limit: number): Promise<number>
  countWaits(): Promise<ReadonlyMap<StepKind, number>>
  /** The key of the URLs that end waits. It survives rotation of the secret key. */
  getWaitKey(): Promise<Uint8Array>
  /** Waiting runs by workflow. Null counts all workflows. */
  countWaiting(workflowIds: readonly string[] | null): Promise<ReadonlyMap<string, number>>
}
