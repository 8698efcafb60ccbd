import { closeSync, constants, openSync, statSync } from 'node:fs'
import type { LaunchPlan } from '../bwrap/commands.ts'
import type { PipeMaker } from '../process/pipes.ts'
import type { SandboxProcess } from '../process/sandbox-process.ts'
import { buildSeccompFilter } from '../seccomp/filter.ts'
import type { ZygoteWalls } from './walls.ts'
import { startZygote, type Zygote } from './zygote.ts'
import { type ZygoteLimits, Zygotes } from './zygotes.ts'

export type ZygoteOptions = {
  readonly walls: ZygoteWalls
  readonly pipes: PipeMaker
  readonly limits: ZygoteLimits
  readonly egressFolder: () => Promise<string | null>
}

type Asked = { readonly id: string; readonly uid: number | null; readonly home: string }

/** O_PATH, which Node does not export. */
const O_PATH = 0o10000000

export class ZygoteLauncher {
  readonly #options: ZygoteOptions
  readonly #zygotes: Zygotes

  constructor(options: ZygoteOptions) {
    this.#options = options
    this.#zygotes = new Zygotes(options.limits)
  }

  get problem(): string | null {
    return this.#zygotes.problem
  }

  async launch(plan: LaunchPlan, { id, uid, home }: Asked): Promise<SandboxProcess> {
    const { egressFolder, pipes, walls } = this.#options
    const egress = await egressFolder()
    const key = [plan.interpreter.executable, identityOf(plan), ...plan.preload, egress ?? ''].join('\n')
    const start = (settled: boolean) => this.#startZygote(plan, egress, settled)
    return await this.#zygotes.make(key, start, async () => ({
      id,
      home,
      pipes: await pipes.openNamed(),
      egress: egress !== null,
      prepare: (pid) => walls.prepare(pid, uid),
    }))
  }

  async close(): Promise<void> {
    await this.#zygotes.close()
    await this.#options.walls.close()
  }

  async #startZygote(plan: LaunchPlan, egress: string | null, settled: boolean): Promise<Zygote> {
    const { pipes, walls } = this.#options
    const { start, program, argsFile, inherited, env, options } = walls.startFor(plan, egress)
    const text = JSON.stringify({ preload: plan.preload, egress: egress !== null, settled, ...options })
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
        ...(argsFile === null ? [] : [open(argsFile, constants.O_RDONLY)]),
        ...inherited,
      ]
      return await startZygote({
        file: start.file,
        args: [...start.args, program, text],
        options: { ...start.identity, cwd: '/', env, stdio },
        filter: buildSeccompFilter(walls.networkFor(egress), egress !== null),
        hasNamespaces: walls.hasNamespaces,
      })
    } finally {
      for (const fd of opened) closeSync(fd)
    }
  }
}

function identityOf({ environment: { sitePackages } }: LaunchPlan): string {
  if (sitePackages === null) return ''
  const { dev, ino, ctimeMs } = statSync(sitePackages)
  return [sitePackages, dev, ino, ctimeMs].join(':')
}
