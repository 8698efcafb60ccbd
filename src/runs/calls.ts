import type { IdempotencyKey } from '../domain/hooks/idempotency.ts'
import type { ModuleFiles } from '../domain/modules/module-files.ts'
import type { RunRequest } from '../domain/runs/run.ts'
import type { TestRules } from '../domain/runs/test-answers.ts'
import type { Actor } from '../domain/shared/actor.ts'
import type { Workflow } from '../domain/workflows/workflow.ts'

export type HookCall = {
  readonly request: RunRequest
  /** Milliseconds to read and check the request. */
  readonly acceptMs: number
  readonly key: IdempotencyKey | null
  readonly lane: string | null
  /** Milliseconds. Null: until the run ends. */
  readonly waitMs: number | null
  readonly isGone: () => boolean
}

export type ManualRun = {
  readonly workflow: Workflow
  readonly request: RunRequest | null
  /** Null: the deployed version. Ignored with `source`. */
  readonly version: number | null
  readonly source: string | null
  readonly files?: ModuleFiles
  readonly keepSettings: boolean
  readonly background?: boolean
  readonly test?: TestRules
  /** Null: no audit line. */
  readonly by: Actor | null
}

export type Replay = {
  readonly runId: string
  /** Null: the deployed version, or the run's own if none is deployed. */
  readonly version: number | null
  readonly background: boolean
  /** `steps` continues a durable run. */
  readonly from: 'start' | 'steps'
  readonly by: Actor
}

export type DeadReplay = {
  readonly groupId: string
  readonly workflowId: string
  /** Null: all runs of the group. */
  readonly runId: string | null
  readonly by: Actor
}
