/** What a zygote and its sandboxes are started with in each tier. */

import { join } from 'node:path'
import type { LaunchPlan } from '../bwrap/commands.ts'
import { MOUNTS, ZYGOTE_WALLS } from '../bwrap/options.ts'
import type { SandboxFiles } from '../files.ts'
import { plainEnvironment, startPlainly } from '../plain.ts'
import { type Start, startWithBinds } from '../reach.ts'
import type { Network } from '../seccomp/filter.ts'
import { inherited, type SandboxUsers } from '../users.ts'
import { startUserMaps, type UserMaps } from './user-maps.ts'

type ZygoteStart = {
  /** Words are to be added. */
  readonly start: Start
  /** `zygote.py` where the zygote finds it. */
  readonly program: string
  /** What OPTIONS of a zygote (runtimes/protocol.md) have besides. */
  readonly options: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string>>
  /** Inherited behind its folders: the file with the options of bubblewrap, then these descriptors. */
  readonly argsFile: string | null
  readonly inherited: readonly number[]
}

export type ZygoteWalls = {
  /** Whether bubblewrap starts the zygote, and each sandbox has namespaces. */
  readonly hasNamespaces: boolean
  startFor(plan: LaunchPlan, egress: string | null): ZygoteStart
  /** The network of its sandboxes. */
  networkFor(egress: string | null): Network
  /** Called before the walls of a sandbox are built, with its process on the host and its user. */
  prepare(pid: number, uid: number | null): Promise<void>
  close(): Promise<void>
}

type Parts = { readonly files: SandboxFiles; readonly users: SandboxUsers; readonly runtimesDir: string }

/** Of the user namespace, behind the descriptors of the pipes, the folders and the options of bubblewrap. */
const NAMESPACE_FD = 7
const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }

export function bwrapWalls(bwrap: string, { files, users, runtimesDir }: Parts): ZygoteWalls {
  const isMapped = users.namespace !== null
  let maps: Promise<UserMaps> | null = null
  const userMaps = () => {
    maps ??= startUserMaps(users, runtimesDir, () => {
      maps = null
    })
    return maps
  }
  return {
    hasNamespaces: true,
    startFor: (plan) => {
      const namespaceFd = isMapped ? NAMESPACE_FD : null
      const { argsFile, binds, command } = files.commands.commandFor(plan, bwrap, { name: 'zygote', namespaceFd })
      return {
        start: startWithBinds(binds, command, { uid: isMapped ? users.owner : users.shared, namespace: null }),
        program: join(MOUNTS.runtimes, 'zygote.py'),
        options: {
          packages: plan.environment.sitePackages === null ? null : MOUNTS.packages,
          mapped: isMapped,
          landlock: null,
          ...ZYGOTE_WALLS,
        },
        env: ENV,
        argsFile,
        inherited: inherited(users),
      }
    },
    networkFor: () => 'own',
    prepare: async (pid, uid) => {
      if (isMapped && uid !== null) await (await userMaps()).map(pid, uid)
    },
    close: async () => (await maps?.catch(() => null))?.close(),
  }
}

/** Not for sandboxes with a user of their own each: without namespaces, a zygote would need a capability to hand it to its copy. */
export function landlockWalls({ files, users }: Parts): ZygoteWalls {
  return {
    hasNamespaces: false,
    startFor: (plan, egress) => {
      const { start, packages, readable } = startPlainly(files, plan, { uid: users.shared, namespace: null })
      return {
        start,
        program: join(files.runtimes, 'zygote.py'),
        options: { packages, landlock: { readable, homes: files.homes } },
        env: plainEnvironment(files.homes, plan, packages, egress !== null),
        argsFile: null,
        inherited: [],
      }
    },
    networkFor: (egress) => (egress === null ? 'none' : 'brokered'),
    prepare: async () => {},
    close: async () => {},
  }
}
