import type { ChildEnd } from '../../../domain/runs/child-run.ts'
import type { LogLine } from '../../../domain/runs/run.ts'
import type { StepCall, StepKey, StepKind, StepStatus, StoredStep, Wait } from '../../../domain/runs/steps.ts'
import type { Snapshot } from '../../../domain/settings/settings.ts'
import type { Actor } from '../../../domain/shared/actor.ts'
import type { Question } from '../../../domain/tasks/task.ts'
import type { NewDecision, Proposal } from '../../decisions/records.ts'
import type { Part } from './part.ts'
import type { NewRun } from './records.ts'

/** Types of the steps of durable runs. */

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
  /** The decision that the call takes. */
  readonly decision?: NewDecision
  /** The run that the call started. */
  readonly childId?: string | null
}

export type CommittedStep = {
  /** False if the run continues elsewhere, or has ended. */
  readonly applied: boolean
  /** Set if the settings cannot be stored, so that nothing of the step is. */
  readonly settingsError: string | null
  /** Revisions and values of the settings that the step wrote. */
  readonly written: readonly { readonly key: string; readonly value: string | null; readonly revision: number }[]
}

/** A use of `decide` in a run, and what it proposes. */
export type ProposalOfCall = { readonly call: Pick<StepKey, 'name' | 'number'>; readonly proposal: Proposal }

/** The end of a run, as the calling run gets it. `shown`: redacted. */
export type StoredEnd = ChildEnd & { readonly shown: string }

/** The run that a call of `run` starts, or why none can start. */
export type ChildOfCall = { readonly call: StepKey } & (
  | { readonly run: NewRun; readonly end?: undefined }
  | { readonly end: StoredEnd; readonly run?: undefined }
)

/** An attempt, of a run that another run called, that has ended. */
export type EndedChild = {
  readonly id: string
  readonly firstId: string
  /** The run that waits for it, by its first attempt. Null if none does. */
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
  /** The redacted questions of tasks, by name. */
  readonly questions: ReadonlyMap<string, Question>
  /** The decisions of tasks, by name. */
  readonly proposals: ReadonlyMap<string, ProposalOfCall>
  /** What the new calls of `run` start. */
  readonly children: readonly ChildOfCall[]
  /** The log of the part, redacted. */
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

/** What was posted to the URL of a wait. */
export type WaitEvent = {
  /** Null: posted to the URL. */
  readonly by: Actor | null
  readonly firstId: string
  readonly name: string
  readonly json: string
  /** The body as JSON, redacted. */
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
  /** The run that the call started. */
  readonly runId: string | null
  readonly part: number
  readonly attempt: number
}

export type StepStore = {
  loadSteps(part: Part): Promise<readonly StoredStep[]>
  /** Stores a call and the settings that it changed in one transaction. A call that is stored already changes nothing. */
  commitStep(commit: StepCommit): Promise<CommittedStep>
  /** Ends a part of a run that waits. Returns false if the run continues elsewhere, or has ended. */
  suspend(suspension: Suspension): Promise<boolean>
  /** Queues runs whose wait is over, oldest first. Returns how late each is, in milliseconds. */
  wakeDue(now: number, limit: number): Promise<readonly number[]>
  nextWakeAt(): Promise<number | null>
  /** Ends all sleeps and pauses of a run, or only the ones with this name. Returns false if the run has none. */
  wake(wake: Wake): Promise<boolean>
  receiveEvent(event: WaitEvent): Promise<Received>
  listSteps(runId: string): Promise<readonly ListedStep[]>
  /** Lists attempts of runs that other runs called, whose end these have not got. */
  listEndedChildren(limit: number): Promise<readonly EndedChild[]>
  /** Stores the end of a run as the result of the call, and wakes the calling run. */
  settleChild(result: ChildResult): Promise<boolean>
  /** Counts the runs above a run, at most `limit`. */
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
  /** The numbers of waiting runs by workflow. Null counts all of them. */
  countWaiting(workflowIds: readonly string[] | null): Promise<ReadonlyMap<string, number>>
}
