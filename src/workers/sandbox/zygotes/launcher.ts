/** Makes sandboxes from zygotes: what each zygote is started with, and what each sandbox is handed. */

import { closeSync, constants, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Commands, LaunchPlan } from '../bwrap/commands.ts'
import { MOUNTS, ZYGOTE_WALLS } from '../bwrap/options.ts'
import type { PipeMaker } from '../pipes.ts'
import { startWithBinds } from '../reach.ts'
import type { SandboxProcess } from '../sandbox-process.ts'
import { buildSeccompFilter } from '../seccomp/filter.ts'
import type { SandboxUsers } from '../users.ts'
import { startUserMaps, type UserMaps } from './user-maps.ts'
import { startZygote, type Zygote } from './zygote.ts'
import { type ZygoteLimits, Zygotes } from './zygotes.ts'

export type ZygoteOptions = {
  readonly bwrap: string
  readonly commands: Commands
  readonly pipes: PipeMaker
  readonly users: SandboxUsers
  readonly runtimesDir: string
  readonly limits: ZygoteLimits
  /** Returns the folder of the egress broker's socket; null: no network. */
  readonly egressFolder: () => Promise<string | null>
}

/** Of the user namespace, behind the descriptors of the pipes, the folders and the options of bubblewrap. */
const NAMESPACE_FD = 7
/** O_PATH, which Node does not name: a descriptor that can only be walked through. */
const O_PATH = 0o10000000
const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }

export class ZygoteLauncher {
  readonly #options: ZygoteOptions
  readonly #zygotes: Zygotes
  #maps: Promise<UserMaps> | null = null

  constructor(options: ZygoteOptions) {
    this.#options = options
    this.#zygotes = new Zygotes(options.limits)
  }

  /** Why the last sandbox could not be had from a zygote; null if none failed. */
  get problem(): string | null {
    return this.#zygotes.problem
  }

  /** The process ids of the zygotes that live. */
  get pids(): readonly number[] {
    return this.#zygotes.pids
  }

  /** Makes a sandbox for the egress broker's name `id` and the user `uid`. Rejects if it can't be had from a zygote. */
  async launch(plan: LaunchPlan, id: string, uid: number | null): Promise<SandboxProcess> {
    const egress = await this.#options.egressFolder()
    const key = [plan.interpreter.executable, identityOf(plan), ...plan.preload, egress ?? ''].join('\n')
    const start = () => this.#startZygote(plan, egress)
    return await this.#zygotes.make(key, start, async () => ({
      id,
      pipes: await this.#options.pipes.openNamed(),
      egress: egress !== null,
      prepare: async (pid) => {
        if (this.#options.users.namespace !== null && uid !== null) await (await this.#userMaps()).map(pid, uid)
      },
    }))
  }

  /** Ends all zygotes and their sandboxes. */
  async close(): Promise<void> {
    await this.#zygotes.close()
    await (await this.#maps?.catch(() => null))?.close()
  }

  async #startZygote(plan: LaunchPlan, egress: string | null): Promise<Zygote> {
    const { bwrap, commands, pipes, users } = this.#options
    const namespaceFd = users.namespace === null ? null : NAMESPACE_FD
    const { argsFile, binds, command } = commands.commandFor(plan, bwrap, { name: 'zygote', namespaceFd })
    const user = { uid: users.namespace === null ? users.shared : users.owner, namespace: null }
    const { file, args, identity } = startWithBinds(binds, command, user)
    const options = JSON.stringify({
      preload: plan.preload,
      packages: plan.environment.sitePackages === null ? null : MOUNTS.packages,
      egress: egress !== null,
      mapped: users.namespace !== null,
      ...ZYGOTE_WALLS,
    })
    const opened: number[] = []
    const open = (path: string, flags: number) => {
      const fd = openSync(path, flags)
      opened.push(fd)
      return fd
    }
    try {
      const stdio = [
        open(pipes.door, O_PATH | constants.O_DIRECTORY),
        egress === null ? ('ignore' as const) : open(egress, O_PATH | constants.O_DIRECTORY),
        open(argsFile, constants.O_RDONLY),
        ...(users.namespace === null ? [] : [users.namespace]),
      ]
      return await startZygote({
        file,
        args: [...args, join(MOUNTS.runtimes, 'zygote.py'), options],
        options: { ...identity, env: ENV, stdio },
        filter: buildSeccompFilter(process.arch === 'arm64' ? 'arm64' : 'x64', 'own', egress !== null),
      })
    } finally {
      for (const fd of opened) closeSync(fd)
    }
  }

  #userMaps(): Promise<UserMaps> {
    this.#maps ??= startUserMaps(this.#options.users, this.#options.runtimesDir, () => {
      this.#maps = null
    })
    return this.#maps
  }
}

/** Changes when the packages are installed anew, of which a zygote would show the old ones. */
function identityOf({ environment: { sitePackages } }: LaunchPlan): string {
  if (sitePackages === null) return ''
  const { dev, ino, ctimeMs } = statSync(sitePackages)
  return [sitePackages, dev, ino, ctimeMs].join(':')
}
