/** Makes the pool: finds the Pythons, builds the walls, tries them, and boots workers ahead of need. */

import type { SandboxMode } from '../config.ts'
import { StartError } from '../errors.ts'
import { openCgroups } from './cgroups.ts'
import { discoverInterpreters } from './interpreters.ts'
import { Launcher, type Log } from './launcher.ts'
import type { Pool } from './pool.ts'
import { raiseWalls } from './probe.ts'
import type { WorkerEgress } from './sandbox.ts'
import { WorkerPool } from './worker-pool.ts'

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
  readonly spares?: boolean
  /** How long a worker without a run is kept, and how often that is looked at. */
  readonly idleMs?: number
  readonly reapMs?: number
  /** Where to look for Pythons; the usual places of systems, pyenv and uv by default. */
  readonly pythonFolders?: readonly string[]
}

const MAX_WORKERS = 64
const IDLE_MS = 60_000
const REAP_MS = 5_000

/** Throws a StartError when there is no Python, or when the walls that were asked for do not hold. */
export async function createPool(options: PoolOptions): Promise<Pool> {
  const interpreters = await discoverInterpreters(options.cacheDir, options.pythonFolders)
  if (interpreters.size === 0) {
    throw new StartError(
      'No Python 3.6 to 3.14 was found on this machine. Install one, for instance: apt-get install python3',
    )
  }
  const { sandbox, state } = await raiseWalls(options, interpreters)
  const { cgroups, reason } = openCgroups()
  const launcher = new Launcher({ sandbox, cgroups, interpreters, cacheDir: options.cacheDir })
  const pool = new WorkerPool({
    launcher,
    state: { ...state, notes: [...state.notes, describeLimits(reason)] },
    log: options.log,
    maxWorkers: options.maxWorkers ?? MAX_WORKERS,
    keepSpares: options.spares ?? true,
    idleMs: options.idleMs ?? IDLE_MS,
    reapMs: options.reapMs ?? REAP_MS,
  })
  options.egress?.onBroken?.(() => pool.renew())
  return pool
}

function describeLimits(reason: string | null): string {
  return reason === null
    ? 'Each sandbox is a cgroup: the kernel bounds memory, processes and CPU of all of it together.'
    : `Limits of each process and a watch over their memory bound a sandbox; cgroup v2 is not used, as ${reason}.`
}
