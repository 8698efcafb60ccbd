import { StartError } from '../../errors.ts'
import { type Cgroups, openCgroups } from '../sandbox/cgroups/cgroups.ts'
import { createMachineMemory, EndedWatch } from '../sandbox/cgroups/machine-memory.ts'
import { describeDescriptors, readDescriptorLimit } from '../sandbox/machine/descriptors.ts'
import { discoverInterpreters, findNode, type Interpreter, listPythonFolders } from '../sandbox/machine/interpreters.ts'
import { openSandboxUsers } from '../sandbox/machine/users.ts'
import { MAX_DESCRIPTORS } from '../worker/failures.ts'
import { Launcher, type LauncherOptions } from '../worker/launcher.ts'
import { ForkTest, withoutForks } from './fork-test.ts'
import type { PoolOptions } from './options.ts'
import type { Pool } from './pool.ts'
import { createSandbox } from './probe.ts'
import { WorkerPool } from './worker-pool.ts'

const MAX_WORKERS = 128
const IDLE_MS = 60_000
const REAP_MS = 5_000

/** Throws a StartError without a Python or a working sandbox. */
export async function createPool(options: PoolOptions): Promise<Pool> {
  const discover = () =>
    discoverInterpreters(options.cacheDir, options.pythonFolders ?? listPythonFolders(options.uvPythons))
  const [pythons, node, egress] = await Promise.all([discover(), findNode(), options.egress])
  if (pythons.size === 0) {
    throw new StartError(
      'No Python 3.6 to 3.14 was found on this machine. Install one, for instance: apt-get install python3',
    )
  }
  const interpreters = node === null ? pythons : new Map([...pythons, [node.name, node]])
  const given = options.users ?? egress?.users ?? null
  const users = given ?? (await openSandboxUsers())
  const { sandbox, state } = await createSandbox({ ...options, egress, users }, interpreters)
  const { cgroups, reason } = openCgroups({ memoryBytes: options.sandboxBytes })
  const descriptors = describeDescriptors(readDescriptorLimit())
  const machine = options.machine ?? createMachineMemory()
  const ended = new EndedWatch(() => machine.countEnded())
  const { cacheDir, expectsSdk = false } = options
  const parts = { sandbox, interpreters, hasMachineEnded: () => ended.look(), cacheDir, expectsSdk }
  const forkTest = openForkTest(parts, node, options)
  const launcher = new Launcher({
    ...parts,
    cgroups,
    ownUsers: given === null ? users : null,
    discover,
    forks: forkTest,
  })
  const pool = new WorkerPool({
    launcher,
    state: {
      ...state,
      get notes() {
        return [...state.notes, ...forkTest.notes, describeBounds(cgroups, reason), ...descriptors]
      },
    },
    log: options.log,
    maxWorkers: options.maxWorkers ?? MAX_WORKERS,
    sharesUser: !sandbox.hasNamespaces && users.namespace === null,
    spares: options.spares ?? true,
    idleMs: options.idleMs ?? IDLE_MS,
    reapMs: options.reapMs ?? REAP_MS,
    report: options.report ?? (() => {}),
    machine,
    lookForKills: () => ended.look(),
  })
  egress?.onBroken(() => pool.renew())
  return pool
}

function openForkTest(
  parts: Omit<LauncherOptions, 'forks' | 'cgroups' | 'ownUsers'>,
  node: Interpreter | null,
  { zygotes = false, runtimesDir, log }: PoolOptions,
): Pick<ForkTest, 'passed' | 'notes'> & Partial<ForkTest> {
  const passed = async () => false
  if (node === null) return { passed, notes: [] }
  if (zygotes === false) return { passed, notes: [withoutForks('WORKFLOWS_ZYGOTES is off')] }
  const launcher = new Launcher({ ...parts, forks: { passed: async () => true }, cgroups: null, ownUsers: null })
  return new ForkTest({ launcher, runtime: node.name, runtimesDir, log })
}

function describeBounds(cgroups: Cgroups | null, reason: string | null): string {
  if (cgroups !== null)
    return `Each sandbox is a cgroup (${cgroups.version}): the kernel bounds the memory and number of all its processes together.`
  return (
    `The kernel does not bound the memory of a sandbox as a whole, because ${reason}. Bounded are the memory of each process, what the ` +
    `processes of a run map together (measured every 0.1 s), 80 processes, ${MAX_DESCRIPTORS} open files, pipes and sockets, and 320 MiB of ` +
    'files in memory. Not bounded are what a run takes between two measurements, data that it does not read from its connections to the ' +
    'outside, and the sum over all sandboxes. When memory runs out, the kernel ends sandboxes before the server. To bound all of it, start ' +
    'the server as a systemd service with Delegate=yes, or as root on a machine whose cgroups it may write.'
  )
}
