import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Environment, Interpreter } from '../machine/interpreters.ts'
import { type Bind, isOpen, isRoot } from '../machine/reach.ts'
import { bwrapOptions, functionEnvironment, listMounts, MOUNTS, type Mount, zygoteOptions } from './options.ts'

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
    const packages = environment.sitePackages === null ? null : MOUNTS.packages
    const variables = functionEnvironment(MOUNTS.home, packages, dirname(executable))
    const options = (moved: readonly Mount[]) =>
      kind.name === 'each'
        ? bwrapOptions(moved, variables, SECCOMP_FD)
        : zygoteOptions(moved, variables, kind.namespaceFd)
    const written = writeArgs(this.#folder, this.#known.size, mounts, options)
    const prepared = { ...written, command: [bwrap, '--args', String(ARGS_FD), '--', executable, ...PYTHON_FLAGS] }
    this.#known.set(key, prepared)
    return prepared
  }
}

/** Mounts that only root may read are bound to folders that every user may enter, and mounted from there. */
export function writeArgs(
  folder: string,
  number: number,
  mounts: readonly Mount[],
  optionsFor: (moved: readonly Mount[]) => readonly string[],
): Omit<Command, 'command'> {
  const binds: Bind[] = []
  const moved = mounts.map((mount, index) => {
    if (!isRoot() || isOpen(mount.source)) return mount
    const to = stage(folder, `${number}-${index}`)
    binds.push({ from: mount.source, to })
    return { ...mount, source: to }
  })
  const argsFile = join(folder, `args-${number}`)
  writeFileSync(
    argsFile,
    optionsFor(moved)
      .map((option) => `${option}\0`)
      .join(''),
  )
  return { argsFile, binds }
}

export function stage(folder: string, name: string): string {
  const path = join(folder, 'mounts', name)
  mkdirSync(path, { mode: 0o755, recursive: true })
  return path
}
