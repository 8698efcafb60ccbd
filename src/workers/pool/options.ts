import type { SandboxMode } from '../../config.ts'
import type { Report } from '../../domain/measures.ts'
import type { MachineMemory } from '../sandbox/cgroups/machine-memory.ts'
import type { SandboxUsers } from '../sandbox/users.ts'
import type { WorkerEgress } from '../sandbox/worker-egress.ts'
import type { ZygoteLimits } from '../sandbox/zygotes/zygotes.ts'
import type { Launcher, Log } from '../worker/launcher.ts'
import type { SandboxState } from './pool.ts'

/** The options of `createPool`. */
export type PoolOptions = {
  readonly sandbox: SandboxMode
  /** The folders to search for bubblewrap. */
  readonly programFolders: readonly string[]
  /** Connects functions to the internet; null: they have no network. */
  readonly egress: WorkerEgress | null | Promise<WorkerEgress>
  /** Whether to make sandboxes from zygotes where they can be had; an object: with these limits. */
  readonly zygotes?: boolean | Partial<ZygoteLimits>
  /** The users of sandboxes; by default those of `egress`, or the pool's own. */
  readonly users?: SandboxUsers
  /** The folder with the Python environments that set-up builds (`environments/<runtime>/`). */
  readonly cacheDir: string
  /** The folder with the program that runs in a sandbox. */
  readonly runtimesDir: string
  readonly log: Log
  /** How many bytes a sandbox may hold in its cgroup. */
  readonly sandboxBytes?: number
  /** The maximum number of live workers. */
  readonly maxWorkers?: number
  /** Whether to keep booted workers ready. */
  readonly prewarm?: boolean
  /** How long an idle worker is kept, and how often the pool looks for such workers. */
  readonly idleMs?: number
  readonly reapMs?: number
  /** The folders to search for Pythons; by default those of the system, pyenv and uv. */
  readonly pythonFolders?: readonly string[]
  /** Where uv keeps its Pythons, if not in its usual folder. */
  readonly uvPythons?: string
  /** Gets each sandbox that could not be started, and what memory that runs out does. */
  readonly report?: Report
  /** What memory is left; by default that of this machine and of the server's cgroups. */
  readonly machine?: MachineMemory
}

export type WorkerPoolOptions = {
  readonly launcher: Launcher
  readonly state: SandboxState
  readonly log: Log
  readonly maxWorkers: number
  readonly sharesUser: boolean
  readonly prewarm: boolean
  readonly idleMs: number
  readonly reapMs: number
  readonly report: Report
  readonly machine: MachineMemory
  /** Looks whether the kernel has ended processes for want of memory. Called every few seconds. */
  readonly lookForKills: () => void
}
