/** Lends sandboxed workers to runs. The pool is only a cache and can be emptied at any time. */

import type { Job, Outcome } from '../../domain/run.ts'
import type { Interpreter, Runtime } from '../sandbox/interpreters.ts'

export type LoadResult =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly detail: string
      readonly line: number | null
      /** The module that contains `line`. If null, the source contains it. */
      readonly file: string | null
      /** Whether the code imports a package that is undeclared or not installed. */
      readonly isUndeclared: boolean
    }

export type SandboxState = {
  readonly tier: 'bwrap' | 'landlock' | 'none'
  /** Sentences about what the tier guarantees, what it does not, and why it was chosen. */
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
  /** Runs one job. Never rejects because of user code. The caller must hold a slot. */
  execute(job: Job): Promise<Outcome>
  /** Loads a source without calling it, and keeps the worker for runs with the same `versionKey`. */
  load(job: LoadJob): Promise<LoadResult>
  listRuntimes(): readonly Runtime[]
  /** Finds Pythons that were added to this machine. Known ones do not change. */
  discoverRuntimes(): Promise<void>
  findInterpreter(runtime: string): Interpreter | null
  /** Ends the environment's idle workers. Returns false if other workers still use it. */
  releaseEnvironment(id: string): boolean
  readonly sandbox: SandboxState
  /** `limit` excludes prewarmed workers. */
  readonly size: { readonly workers: number; readonly limit: number; readonly prewarmed: number }
  /** In bytes. Null if the kernel does not report it. */
  readonly freeMemory: number | null
  close(): Promise<void>
}
