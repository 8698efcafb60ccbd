/** Creates the pool: finds the Pythons, creates the sandbox, tests it, and prewarms workers. */

import { StartError } from '../../errors.ts'
import { openCgroups } from '../sandbox/cgroups.ts'
import { discoverInterpreters } from '../sandbox/interpreters.ts'
import { Launcher } from '../worker/launcher.ts'
import type { PoolOptions } from './options.ts'
import type { Pool } from './pool.ts'
import { createSandbox } from './probe.ts'
import { WorkerPool } from './worker-pool.ts'

const MAX_WORKERS = 64
const IDLE_MS = 60_000
const REAP_MS = 5_000

/** Throws a StartError if there is no Python, or if the sandbox that `options` asks for is not available or does not hold. */
export async function createPool(options: PoolOptions): Promise<Pool> {
  const interpreters = await discoverInterpreters(options.cacheDir, options.pythonFolders)
  if (interpreters.size === 0) {
    throw new StartError(
      'No Python 3.6 to 3.14 was found on this machine. Install one, for instance: apt-get install python3',
    )
  }
  const { sandbox, state } = await createSandbox(options, interpreters)
  const { cgroups, reason } = openCgroups()
  const launcher = new Launcher({ sandbox, cgroups, interpreters, cacheDir: options.cacheDir })
  const pool = new WorkerPool({
    launcher,
    state: { ...state, notes: [...state.notes, describeLimits(reason)] },
    log: options.log,
    maxWorkers: options.maxWorkers ?? MAX_WORKERS,
    prewarm: options.prewarm ?? true,
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
