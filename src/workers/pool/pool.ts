/** The pool lends sandboxed workers to runs. It is only a cache: emptied at any moment, everything still works. */

import type { Job, Outcome } from '../../domain/run.ts'
import type { Interpreter, Runtime } from '../sandbox/interpreters.ts'

export type LoadResult =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly detail: string
      readonly line: number | null
      /** The module that `line` is in; null: the source. */
      readonly file: string | null
      /** It imports a package that it does not declare, or that is not installed. */
      readonly isUndeclared: boolean
    }

export type SandboxState = {
  /** What isolates functions. */
  readonly tier: 'bwrap' | 'landlock' | 'none'
  /** Sentences for people: what the tier guarantees, what it does not, and why it was chosen. */
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
  /** Runs one job to its end. It never rejects because of user code. The caller already holds a slot. */
  execute(job: Job): Promise<Outcome>
  /** Loads source in a sandbox without calling it, and keeps the worker for runs with the same `versionKey`. */
  load(job: LoadJob): Promise<LoadResult>
  listRuntimes(): readonly Runtime[]
  /** Looks for Pythons that were added to this machine. Those that are known stay as they are. */
  discoverRuntimes(): Promise<void>
  /** Null when this machine does not have it. */
  findInterpreter(runtime: string): Interpreter | null
  /** Ends idle workers that have the packages of this environment. Returns false if others still use it. */
  releaseEnvironment(id: string): boolean
  readonly sandbox: SandboxState
  /** Live worker processes, for metrics. `limit`: how many there may be, prewarmed ones apart. */
  readonly size: { readonly workers: number; readonly limit: number; readonly prewarmed: number }
  /** How many bytes of memory are left for functions; null where the kernel does not say it. */
  readonly freeMemory: number | null
  close(): Promise<void>
}
