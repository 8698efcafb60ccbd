/** No other module starts user code. */

import { randomUUID } from 'node:crypto'
import { chownSync, closeSync, mkdtempSync, openSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { OutboundMode, OutgoingCall } from '../../domain/runs/outgoing.ts'
import type { EgressRule } from '../../domain/shared/egress.ts'
import { reasonOf } from '../../errors.ts'
import type { LaunchPlan } from './bwrap/commands.ts'
import { NO_NETWORK } from './bwrap/etc.ts'
import { MOUNTS, nodeInside, WRITABLE } from './bwrap/options.ts'
import { removeFolder } from './machine/folders.ts'
import { startWithBinds, type User } from './machine/reach.ts'
import { inherited, type SandboxUsers } from './machine/users.ts'
import { SandboxFiles } from './plain/files.ts'
import { plainEnvironment, startPlainly } from './plain/plain.ts'
import { type SandboxProcess, startWithPipes } from './process/sandbox-process.ts'
import type { WorkerEgress } from './worker-egress.ts'
import { ZygoteLauncher } from './zygotes/launcher.ts'
import { bwrapWalls, landlockWalls } from './zygotes/walls.ts'
import type { ZygoteLimits } from './zygotes/zygotes.ts'

export type Isolation = { readonly tier: 'bwrap'; readonly bwrap: string } | { readonly tier: 'landlock' | 'none' }

export type SandboxOptions = {
  readonly isolation: Isolation
  readonly egress: WorkerEgress | null
  readonly users: SandboxUsers
  readonly runtimesDir: string
  readonly cacheDir: string
  readonly zygotes: ZygoteLimits | null
  readonly onZygoteProblem?: (problem: string) => void
}

type Who = { readonly id: string; readonly uid: number | null }

const NAMESPACE_FD = { bwrap: 8, plain: 6 } as const

export class Sandbox {
  readonly #options: SandboxOptions
  readonly #files: SandboxFiles
  #zygotes: ZygoteLauncher | null

  constructor(options: SandboxOptions, files?: SandboxFiles) {
    this.#options = options
    const { runtimesDir, cacheDir, isolation, egress } = options
    const names = isolation.tier === 'bwrap' ? (egress ?? NO_NETWORK) : null
    this.#files = files ?? new SandboxFiles(runtimesDir, cacheDir, names)
    this.#zygotes = this.#openZygotes(options)
  }

  /** The returned sandbox's processes must end first. */
  withoutZygotes(): Sandbox {
    return new Sandbox({ ...this.#options, zygotes: null }, this.#files)
  }

  get hasNamespaces(): boolean {
    return this.#options.isolation.tier === 'bwrap'
  }

  get zygoteProblem(): string | null {
    return this.#zygotes?.problem ?? null
  }

  async endZygotes(): Promise<void> {
    const zygotes = this.#zygotes
    this.#zygotes = null
    await zygotes?.close()
  }

  /** Descriptors 0 to 4 are pipes: jobs, output, errors, results, control. */
  async launch(plan: LaunchPlan): Promise<SandboxProcess> {
    await this.#files.compiler.compile(plan.interpreter)
    const zygotes = this.#zygotes
    // The first sandbox may still be ending, so the fallback gets a new id and user.
    if (zygotes !== null && plan.node === null)
      try {
        return await this.#launchAs((who) => this.#launchCopy(zygotes, plan, who))
      } catch (error) {
        this.#options.onZygoteProblem?.(reasonOf(error))
      }
    const { isolation } = this.#options
    return await this.#launchAs((who) =>
      isolation.tier === 'bwrap'
        ? this.#launchSandboxed(plan, isolation.bwrap, who)
        : this.#launchPlain(plan, isolation.tier === 'landlock', who),
    )
  }

  async #launchAs(start: (who: Who) => Promise<SandboxProcess>): Promise<SandboxProcess> {
    const { egress, users } = this.#options
    const who = { id: randomUUID(), uid: users.take() }
    try {
      const started = await start(who)
      started.onClose(() => {
        egress?.release(who.id)
        users.release(who.uid)
      })
      return started
    } catch (error) {
      users.release(who.uid)
      throw error
    }
  }

  async assign(
    { id }: { readonly id: string },
    workflowId: string,
    rule: EgressRule,
    outbound: OutboundMode = 'live',
  ): Promise<void> {
    await this.#options.egress?.assign(id, workflowId, rule, outbound)
  }

  takeRefused({ id }: { readonly id: string }): readonly OutgoingCall[] {
    return this.#options.egress?.takeRefused(id) ?? []
  }

  takeBlocked({ id }: { readonly id: string }): readonly string[] {
    return this.#options.egress?.takeBlocked(id) ?? []
  }

  /** Makes a process handle a pending signal, even during a connect(). */
  interrupt(pid: number): void {
    this.#options.egress?.interrupt(pid)
  }

  /** Call it after every worker has ended. */
  async close(): Promise<void> {
    await this.endZygotes()
    await this.#files.remove()
  }

  async #launchSandboxed(plan: LaunchPlan, bwrap: string, { id, uid }: Who): Promise<SandboxProcess> {
    const { argsFile, binds, command } = this.#files.commands.commandFor(plan, bwrap)
    const { file, args, identity } = startWithBinds(binds, command, this.#user(uid, NAMESPACE_FD.bwrap))
    const egress = (await this.#options.egress?.connectWorker(id)) ?? null
    const options = templateOptions(plan, {
      egress: egress !== null,
      home: MOUNTS.home,
      packages: MOUNTS.packages,
      node: plan.node && nodeInside(plan.node),
      forks: plan.forks,
      writable_dirs: WRITABLE,
      landlock: null,
    })
    const opened: number[] = []
    try {
      for (const path of [argsFile, this.#files.filter('own')]) opened.push(openSync(path, 'r'))
      return await startWithPipes(this.#files.pipes, file, [...args, join(MOUNTS.runtimes, 'python.py'), options], {
        id,
        stdio: [egress ?? 'ignore', ...opened, ...inherited(this.#options.users)],
        ...identity,
        env: { PATH: SYSTEM_PATH },
      })
    } finally {
      for (const fd of opened) closeSync(fd)
      egress?.destroy()
    }
  }

  /** In the tier `landlock`, the runtime restricts itself. */
  async #launchPlain(plan: LaunchPlan, landlock: boolean, { id, uid }: Who): Promise<SandboxProcess> {
    const egress = landlock ? ((await this.#options.egress?.connectWorker(id)) ?? null) : null
    try {
      return await this.#inFolder(uid, (home) => this.#startPlain(plan, { id, uid, home, landlock, egress }))
    } finally {
      egress?.destroy()
    }
  }

  async #inFolder(uid: number | null, start: (home: string) => Promise<SandboxProcess>): Promise<SandboxProcess> {
    const home = mkdtempSync(join(this.#files.homes, 'home-'))
    try {
      if (uid !== null) chownSync(home, uid, uid)
      const started = await start(home)
      started.onClose(() => void removeFolder(home))
      return started
    } catch (error) {
      await removeFolder(home)
      throw error
    }
  }

  #startPlain(
    plan: LaunchPlan,
    { id, uid, home, landlock, egress }: Who & { home: string; landlock: boolean; egress: Socket | null },
  ): Promise<SandboxProcess> {
    const { start, packages, readable } = startPlainly(this.#files, plan, this.#user(uid, NAMESPACE_FD.plain))
    const filter = this.#files.filter(egress === null ? 'none' : 'brokered')
    const options = templateOptions(plan, {
      egress: egress !== null,
      home,
      packages,
      node: plan.node?.executable ?? null,
      forks: plan.forks,
      writable_dirs: [home],
      landlock: landlock ? { filter, readable } : null,
    })
    return startWithPipes(
      this.#files.pipes,
      start.file,
      [...start.args, join(this.#files.runtimes, 'python.py'), options],
      {
        id,
        stdio: [egress ?? 'ignore', ...inherited(this.#options.users)],
        cwd: home,
        ...start.identity,
        env: plainEnvironment(home, plan, packages, egress !== null),
      },
    )
  }

  #launchCopy(zygotes: ZygoteLauncher, plan: LaunchPlan, who: Who): Promise<SandboxProcess> {
    return this.hasNamespaces
      ? zygotes.launch(plan, { ...who, home: MOUNTS.home })
      : this.#inFolder(who.uid, (home) => zygotes.launch(plan, { ...who, home }))
  }

  #openZygotes({ isolation, egress, users, runtimesDir, zygotes }: SandboxOptions): ZygoteLauncher | null {
    if (zygotes === null || isolation.tier === 'none') return null
    if (isolation.tier === 'landlock' && users.namespace !== null) return null
    const parts = { files: this.#files, users, runtimesDir }
    return new ZygoteLauncher({
      walls: isolation.tier === 'bwrap' ? bwrapWalls(isolation.bwrap, parts) : landlockWalls(parts),
      pipes: this.#files.pipes,
      limits: zygotes,
      egressFolder: async () => (await egress?.folder()) ?? null,
    })
  }

  #user(uid: number | null, fd: number): User {
    return { uid, namespace: this.#options.users.namespace === null ? null : fd }
  }
}

const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin'

type TemplatePaths = {
  readonly egress: boolean
  readonly home: string
  readonly packages: string | null
  readonly node: string | null
  readonly forks: boolean
  readonly writable_dirs: readonly string[]
  readonly landlock: { readonly filter: string; readonly readable: readonly string[] } | null
}

/** `ps` shows these options: no data of a workflow. */
function templateOptions({ environment, preload }: LaunchPlan, { packages, ...paths }: TemplatePaths): string {
  return JSON.stringify({ ...paths, packages: environment.sitePackages === null ? null : packages, preload })
}
