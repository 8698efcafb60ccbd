/** Lends sandboxed workers to runs. The pool is only a cache and can be emptied at any time. */

import type { Obstacle } from '../../domain/runs/obstacle.ts'
import type { Job, Outcome } from '../../domain/runs/run.ts'
import type { Interpreter, Runtime } from '../sandbox/machine/interpreters.ts'

export type LoadResult =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly detail: string
      readonly line: number | null
      /** If null, the source contains `line`. */
      readonly file: string | null
      readonly isUndeclared: boolean
    }

export type SandboxState = {
  readonly tier: 'bwrap' | 'landlock' | 'none'
  /** Guarantees and gaps of the tier, and the reason for its choice. */
  readonly notes: readonly string[]
}

export type LoadJob = Pick<
  Job,
  | 'workflowId'
  | 'kind'
  | 'versionKey'
  | 'source'
  | 'files'
  | 'runtime'
  | 'environment'
  | 'isolation'
  | 'memoryBytes'
  | 'egress'
  | 'variables'
  | 'outbound'
>

export type Pool = {
  /** Never rejects because of user code. The caller must hold a slot. */
  execute(job: Job): Promise<Outcome>
  /** Keeps the worker for runs with the same `versionKey`. */
  load(job: LoadJob): Promise<LoadResult>
  listRuntimes(): readonly Runtime[]
  discoverRuntimes(): Promise<void>
  findInterpreter(runtime: string): Interpreter | null
  /** Why runs of this version are not forks of a loaded process. Null if they are, or if this server has not loaded it. */
  obstacleOf(versionKey: string): Obstacle | null
  /** Returns false if other workers still use it. */
  releaseEnvironment(id: string): boolean
  readonly sandbox: SandboxState
  /** `limit` excludes spare workers. */
  readonly size: { readonly workers: number; readonly limit: number; readonly spares: number }
  /** In bytes, or null if the kernel does not report it. */
  readonly freeMemory: number | null
  close(): Promise<void>
}
