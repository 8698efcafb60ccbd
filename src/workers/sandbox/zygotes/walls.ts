import { join } from 'node:path'
import type { LaunchPlan } from '../bwrap/commands.ts'
import { MOUNTS, ZYGOTE_WALLS } from '../bwrap/options.ts'
import { type Start, startWithBinds } from '../machine/reach.ts'
import { inherited, type SandboxUsers } from '../machine/users.ts'
import type { SandboxFiles } from '../plain/files.ts'
import { plainEnvironment, startPlainly } from '../plain/plain.ts'
import type { Network } from '../seccomp/filter.ts'
import { startUserMaps, type UserMaps } from './user-maps.ts'

type ZygoteStart = {
  readonly start: Start
  readonly program: string
  /** Additional OPTIONS of a zygote (runtimes/protocol.md). */
  readonly options: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string>>
  readonly argsFile: string | null
  readonly inherited: readonly number[]
}

export type ZygoteWalls = {
  readonly hasNamespaces: boolean
  startFor(plan: LaunchPlan, egress: string | null): ZygoteStart
  networkFor(egress: string | null): Network
  prepare(pid: number, uid: number | null): Promise<void>
  close(): Promise<void>
}

type Parts = { readonly files: SandboxFiles; readonly users: SandboxUsers; readonly runtimesDir: string }

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

/** Without namespaces, a zygote would need a capability to change its copy's user. */
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
