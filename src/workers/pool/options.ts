import type { SandboxMode } from '../../config.ts'
import type { Report } from '../../domain/shared/measures.ts'
import type { MachineMemory } from '../sandbox/cgroups/machine-memory.ts'
import type { SandboxUsers } from '../sandbox/machine/users.ts'
import type { WorkerEgress } from '../sandbox/worker-egress.ts'
import type { ZygoteLimits } from '../sandbox/zygotes/zygotes.ts'
import type { Launcher, Log } from '../worker/launcher.ts'
import type { SandboxState } from './pool.ts'

export type PoolOptions = {
  readonly sandbox: SandboxMode
  readonly programFolders: readonly string[]
  readonly egress: WorkerEgress | null | Promise<WorkerEgress>
  readonly zygotes?: boolean | Partial<ZygoteLimits>
  readonly users?: SandboxUsers
  readonly cacheDir: string
  readonly runtimesDir: string
  readonly log: Log
  readonly sandboxBytes?: number
  readonly maxWorkers?: number
  readonly spares?: boolean
  /** A new server starts 0.35 s of processor time earlier without the SDK. */
  readonly expectsSdk?: boolean
  readonly idleMs?: number
  readonly reapMs?: number
  readonly pythonFolders?: readonly string[]
  readonly uvPythons?: string
  readonly report?: Report
  readonly machine?: MachineMemory
}

export type WorkerPoolOptions = {
  readonly launcher: Launcher
  readonly state: SandboxState
  readonly log: Log
  readonly maxWorkers: number
  readonly sharesUser: boolean
  readonly spares: boolean
  readonly idleMs: number
  readonly reapMs: number
  readonly report: Report
  readonly machine: MachineMemory
  /** Called every few seconds. */
  readonly lookForKills: () => void
}
