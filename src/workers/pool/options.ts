import type { SandboxMode } from '../../config.ts'
import type { WorkerEgress } from '../sandbox/sandbox.ts'
import type { Log } from '../worker/launcher.ts'

/** What a pool needs to start. */
export type PoolOptions = {
  readonly sandbox: SandboxMode
  /** Where bubblewrap is looked for. */
  readonly programFolders: readonly string[]
  /** The functions' way to the internet; null: they have none. */
  readonly egress: WorkerEgress | null
  /** Where set-up keeps Python environments (`environments/<runtime>/`). */
  readonly cacheDir: string
  /** The program that runs inside. */
  readonly runtimesDir: string
  readonly log: Log
  /** Live workers at most. */
  readonly maxWorkers?: number
  /** Workers kept booted ahead of need. */
  readonly prewarm?: boolean
  /** How long a worker without a run is kept, and how often that is looked at. */
  readonly idleMs?: number
  readonly reapMs?: number
  /** Where to look for Pythons; the usual places of systems, pyenv and uv by default. */
  readonly pythonFolders?: readonly string[]
}
