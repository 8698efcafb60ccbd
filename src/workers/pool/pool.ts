/** The pool lends sandboxed workers to runs. It is only a cache: emptied at any moment, everything still works. */

import type { Job, Outcome } from '../../domain/run.ts'
import type { Runtime } from '../sandbox/interpreters.ts'

export type LoadResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly detail: string; readonly line: number | null }

export type SandboxState = {
  /** Which wall stands. */
  readonly tier: 'bwrap' | 'landlock' | 'none'
  /** Sentences for people: what holds, what does not, why. */
  readonly notes: readonly string[]
}

export type Pool = {
  /** Runs one job to its end; never rejects for anything that user code did. The caller already holds a place. */
  execute(job: Job): Promise<Outcome>
  /** Loads source in a sandbox without running it; the worker is kept warm under `versionKey`. */
  load(
    job: Pick<Job, 'workflowId' | 'kind' | 'versionKey' | 'source' | 'runtime' | 'isolation' | 'memoryBytes'>,
  ): Promise<LoadResult>
  listRuntimes(): readonly Runtime[]
  readonly sandbox: SandboxState
  /** Live worker processes, for metrics. */
  readonly size: { readonly workers: number; readonly prewarmed: number }
  close(): Promise<void>
}
