/** What the runner takes in. */

import type { IdempotencyKey } from '../domain/hooks/idempotency.ts'
import type { ModuleFiles } from '../domain/modules/module-files.ts'
import type { RunRequest } from '../domain/run.ts'
import type { Workflow } from '../domain/workflow.ts'

export type HookCall = {
  readonly request: RunRequest
  /** How long reading and checking the request took, in milliseconds. */
  readonly acceptMs: number
  /** All calls with one key share one run and one answer. */
  readonly key: IdempotencyKey | null
  /** A digest of the value by which its run waits for others; null: it does not. */
  readonly lane: string | null
  /** How long the caller waits for the answer, in milliseconds; null: until the end. */
  readonly waitMs: number | null
  /** Whether the caller has closed its connection. */
  readonly isGone: () => boolean
}

export type ManualRun = {
  readonly workflow: Workflow
  readonly request: RunRequest | null
  /** Version number; null: the deployed one. Ignored with `source`. */
  readonly version: number | null
  readonly source: string | null
  /** Modules beside `source`. */
  readonly files?: ModuleFiles
  readonly keepSettings: boolean
  /** True: the run is queued, and the call does not wait for it. */
  readonly background?: boolean
}
