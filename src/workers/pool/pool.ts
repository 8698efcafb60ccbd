/** The pool is a cache and can be emptied at any time. */

import type { Obstacle } from '../../domain/runs/obstacle.ts'
import type { Job, Outcome } from '../../domain/runs/run.ts'
import type { Interpreter, Runtime } from '../sandbox/machine/interpreters.ts'

export type LoadResult =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly detail: string
      readonly line: number | null
      readonly file: string | null
      readonly isUndeclared: boolean
    }

export type SandboxState = {
  readonly tier: 'bwrap' | 'landlock' | 'none'
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
  | 'durable'
>

export type Pool = {
  /** User code never makes it reject. Needs a slot. */
  execute(job: Job): Promise<Outcome>
  load(job: LoadJob): Promise<LoadResult>
  listRuntimes(): readonly Runtime[]
  discoverRuntimes(): Promise<void>
  findInterpreter(runtime: string): Interpreter | null
  /** Why runs of this version are no forks. Null also if this server has not loaded it. */
  obstacleOf(versionKey: string): Obstacle | null
  releaseEnvironment(id: string): boolean
  readonly sandbox: SandboxState
  /** `limit` excludes spares. */
  readonly size: { readonly workers: number; readonly limit: number; readonly spares: number }
  readonly freeMemory: number | null
  close(): Promise<void>
}
