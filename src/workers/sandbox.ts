/** Starts workers: in a sandbox each, or as plain processes where there is to be none. Nothing else starts user code. */

import { type ChildProcess, execFile, type StdioOptions, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import {
  bwrapOptions,
  functionEnvironment,
  isOpen,
  listMounts,
  type Mount,
  PLACES,
  SANDBOX_UID,
  WRITABLE,
} from './bwrap.ts'
import { type Names, NO_NETWORK, writeEtc } from './etc.ts'
import type { Environment, Interpreter } from './interpreters.ts'
import { buildSeccompFilter } from './seccomp.ts'

/** The way to the internet; without one, a sandbox has no network at all. */
export type WorkerEgress = Names & {
  connectWorker(): Promise<Socket | null>
  /** Null, or why there is no network. */
  readonly problem?: string | null
  /** Connects of sandboxes that were started before fail from then on. */
  onBroken?(listener: () => void): void
}

export type SandboxOptions = {
  /** Path of bubblewrap; null: no walls. */
  readonly bwrap: string | null
  readonly egress: WorkerEgress | null
  readonly runtimesDir: string
}

export type LaunchPlan = {
  readonly interpreter: Interpreter
  readonly environment: Environment
  /** Modules to import before any user code. */
  readonly preload: readonly string[]
}

const ARGS_FD = 6
const SECCOMP_FD = 7
const COMPILE = 'import py_compile, sys\nfor path in sys.argv[1:]: py_compile.compile(path, doraise=True)'
/** Binds what the sandbox's uid can't reach to where it can, in a mount namespace of its own, then drops root. */
const BIND_THEN_DROP = `while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 1; shift 2; done; shift
exec setpriv --reuid=${SANDBOX_UID} --regid=${SANDBOX_UID} --clear-groups --inh-caps=-all "$@"`

const run = promisify(execFile)

export class Sandbox {
  readonly #options: SandboxOptions
  readonly #folder: string
  readonly #compiled = new Map<string, Promise<void>>()
  readonly #commands = new Map<string, Command>()

  constructor(options: SandboxOptions) {
    this.#options = options
    this.#folder = makeFolder()
    const runtimes = join(this.#folder, 'runtimes')
    cpSync(options.runtimesDir, runtimes, { recursive: true, filter: (path) => !path.includes('__pycache__') })
    openToAll(runtimes)
    if (options.bwrap === null) return
    writeEtc(join(this.#folder, 'etc'), options.egress ?? NO_NETWORK)
    mkdirSync(join(this.#folder, 'mounts'), { mode: 0o755 })
    writeFileSync(join(this.#folder, 'seccomp'), buildSeccompFilter(process.arch === 'arm64' ? 'arm64' : 'x64'))
  }

  get hasWalls(): boolean {
    return this.#options.bwrap !== null
  }

  /** Starts `runtimes/python.py`. Descriptors 0 to 4 are pipes to it: jobs, output, errors, results, control. */
  async launch(plan: LaunchPlan): Promise<ChildProcess> {
    await this.#compile(plan.interpreter)
    return this.#options.bwrap === null ? this.#launchPlain(plan) : this.#launchSandboxed(plan, this.#options.bwrap)
  }

  /** Removes what it wrote. Every worker must have ended. */
  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #launchSandboxed(plan: LaunchPlan, bwrap: string): Promise<ChildProcess> {
    const egress = (await this.#options.egress?.connectWorker()) ?? null
    const command = this.#commandFor(plan, bwrap)
    const options = templateOptions(plan, {
      egress: egress !== null,
      home: PLACES.home,
      packages: PLACES.packages,
      places: WRITABLE,
    })
    const args = openSync(command.argsFile, 'r')
    const seccomp = openSync(join(this.#folder, 'seccomp'), 'r')
    try {
      const stdio: StdioOptions = ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', egress ?? 'ignore', args, seccomp]
      return spawn(command.file, [...command.args, join(PLACES.runtimes, 'python.py'), options], {
        stdio,
        ...command.identity,
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
        // A group of its own: Ctrl-C in the terminal is for the server, which lets runs finish.
        detached: true,
      })
    } finally {
      closeSync(args)
      closeSync(seccomp)
      egress?.destroy()
    }
  }

  #launchPlain(plan: LaunchPlan): ChildProcess {
    const home = mkdtempSync(join(this.#folder, 'home-'))
    const packages = plan.environment.sitePackages
    const options = templateOptions(plan, { egress: false, home, packages, places: [home] })
    const { executable } = plan.interpreter
    // Root's processes are not even counted: a function that forks without end would take the machine.
    const reachable = isOpen(executable) && (packages === null || isOpen(packages))
    const identity = process.getuid?.() === 0 && reachable ? { uid: SANDBOX_UID, gid: SANDBOX_UID } : {}
    if (identity.uid !== undefined) chownSync(home, identity.uid, identity.gid)
    const child = spawn(executable, [...PYTHON_FLAGS, join(this.#folder, 'runtimes', 'python.py'), options], {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
      cwd: home,
      ...identity,
      env: functionEnvironment(home, packages, dirname(executable)),
      detached: true,
    })
    child.on('close', () => void rm(home, { recursive: true, force: true }).catch(() => {}))
    return child
  }

  #commandFor({ interpreter, environment }: LaunchPlan, bwrap: string): Command {
    const key = `${interpreter.executable}\n${environment.sitePackages ?? ''}`
    const known = this.#commands.get(key)
    if (known !== undefined) return known
    const { executable, prefix } = interpreter
    const mounts = listMounts({
      etc: join(this.#folder, 'etc'),
      runtimes: join(this.#folder, 'runtimes'),
      sitePackages: environment.sitePackages,
      prefix: prefix === '/usr' || prefix.startsWith('/usr/') ? null : prefix,
      executable,
    })
    const number = this.#commands.size
    const isRoot = process.getuid?.() === 0
    const moved = isRoot ? mounts.map((mount, index) => this.#reachable(mount, `${number}-${index}`)) : mounts
    const packages = environment.sitePackages === null ? null : PLACES.packages
    const variables = functionEnvironment(PLACES.home, packages, dirname(executable))
    const argsFile = join(this.#folder, `args-${number}`)
    writeFileSync(
      argsFile,
      bwrapOptions(moved, variables, SECCOMP_FD)
        .map((option) => `${option}\0`)
        .join(''),
    )
    const binds = mounts.flatMap(({ source }, index) => {
      const target = moved[index]?.source ?? source
      return target === source ? [] : [source, target]
    })
    const inner = ['--args', String(ARGS_FD), '--', executable, ...PYTHON_FLAGS]
    const command: Command =
      binds.length === 0
        ? { file: bwrap, args: inner, argsFile, identity: isRoot ? { uid: SANDBOX_UID, gid: SANDBOX_UID } : {} }
        : {
            file: 'unshare',
            args: [
              '--mount',
              '--propagation',
              'private',
              'sh',
              '-c',
              BIND_THEN_DROP,
              'sh',
              ...binds,
              '--',
              bwrap,
              ...inner,
            ],
            argsFile,
            identity: {},
          }
    this.#commands.set(key, command)
    return command
  }

  #reachable(mount: Mount, name: string): Mount {
    if (isOpen(mount.source)) return mount
    const place = join(this.#folder, 'mounts', name)
    mkdirSync(place, { mode: 0o755, recursive: true })
    return { source: place, target: mount.target }
  }

  /** Bytecode of our own program, once for each Python: it saves about a third of a worker's start. */
  #compile({ executable }: Interpreter): Promise<void> {
    const known = this.#compiled.get(executable)
    if (known !== undefined) return known
    const folder = join(this.#folder, 'runtimes', 'workflow_runtime')
    const files = readdirSync(folder)
      .filter((name) => name.endsWith('.py'))
      .map((name) => join(folder, name))
    const compiling = run(executable, ['-I', '-S', '-c', COMPILE, ...files], { env: {} }).then(
      () => openToAll(folder),
      () => {},
    )
    this.#compiled.set(executable, compiling)
    return compiling
  }
}

type Command = {
  readonly file: string
  readonly args: readonly string[]
  readonly argsFile: string
  readonly identity: { readonly uid?: number; readonly gid?: number }
}

const PYTHON_FLAGS = ['-I', '-S', '-B', '-u']

type TemplatePlaces = {
  readonly egress: boolean
  readonly home: string
  readonly packages: string | null
  readonly places: readonly string[]
}

/** These show in `ps`: nothing of a workflow is among them. */
function templateOptions({ environment, preload }: LaunchPlan, { packages, ...places }: TemplatePlaces): string {
  return JSON.stringify({ ...places, packages: environment.sitePackages === null ? null : packages, preload })
}

/** A folder that the sandbox's uid may pass through; there is nothing secret in it. */
function makeFolder(): string {
  const parent = isOpen(tmpdir()) ? tmpdir() : '/tmp'
  const folder = mkdtempSync(join(parent, `workflows-${process.pid}-`))
  chmodSync(folder, 0o755)
  return folder
}

/** Whatever umask the server was started with. */
function openToAll(folder: string): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) openToAll(path)
    else chmodSync(path, 0o644)
  }
}
