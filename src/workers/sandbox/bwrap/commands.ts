import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Environment, Interpreter } from '../machine/interpreters.ts'
import { type Bind, isOpen, isRoot } from '../machine/reach.ts'
import { bwrapOptions, functionEnvironment, listMounts, MOUNTS, zygoteOptions } from './options.ts'

export type LaunchPlan = {
  readonly interpreter: Interpreter
  readonly node: Interpreter | null
  readonly forks: boolean
  readonly environment: Environment
  readonly preload: readonly string[]
}

/** `command` reads options from `argsFile` at ARGS_FD. */
export type Command = {
  readonly argsFile: string
  readonly binds: readonly Bind[]
  readonly command: readonly string[]
}

type Kind = { readonly name: 'each' } | { readonly name: 'zygote'; readonly namespaceFd: number | null }

const ARGS_FD = 6
const SECCOMP_FD = 7
export const PYTHON_FLAGS = ['-I', '-S', '-B', '-u']

export class Commands {
  readonly #folder: string
  readonly #known = new Map<string, Command>()

  constructor(folder: string) {
    mkdirSync(join(folder, 'mounts'), { mode: 0o755 })
    this.#folder = folder
  }

  commandFor({ interpreter, environment, node }: LaunchPlan, bwrap: string, kind: Kind = { name: 'each' }): Command {
    const key = [kind.name, interpreter.executable, environment.sitePackages, node?.executable].join('\n')
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const { executable, prefix } = interpreter
    const mounts = listMounts({
      etc: join(this.#folder, 'etc'),
      runtimes: join(this.#folder, 'runtimes'),
      sitePackages: environment.sitePackages,
      prefix,
      node: node?.prefix ?? null,
    })
    const number = this.#known.size
    const moved = mounts.map(({ source, target }, index) =>
      !isRoot() || isOpen(source) ? { source, target } : { source: this.stage(`${number}-${index}`), target },
    )
    const packages = environment.sitePackages === null ? null : MOUNTS.packages
    const variables = functionEnvironment(MOUNTS.home, packages, dirname(executable))
    const options =
      kind.name === 'each'
        ? bwrapOptions(moved, variables, SECCOMP_FD)
        : zygoteOptions(moved, variables, kind.namespaceFd)
    const argsFile = join(this.#folder, `args-${number}`)
    writeFileSync(argsFile, options.map((option) => `${option}\0`).join(''))
    const binds = mounts.flatMap(({ source: from }, index) => {
      const to = moved[index]?.source ?? from
      return to === from ? [] : [{ from, to }]
    })
    const prepared = { argsFile, binds, command: [bwrap, '--args', String(ARGS_FD), '--', executable, ...PYTHON_FLAGS] }
    this.#known.set(key, prepared)
    return prepared
  }

  stage(name: string): string {
    const folder = join(this.#folder, 'mounts', name)
    mkdirSync(folder, { mode: 0o755, recursive: true })
    return folder
  }
}
