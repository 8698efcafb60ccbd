import type { CodeText } from '../../domain/modules/module-files.ts'
import { howToAdd } from '../../domain/packages/runtimes.ts'
import type { InstalledPackages } from '../../domain/runs/run.ts'
import type { Cgroups } from '../sandbox/cgroups/cgroups.ts'
import {
  DEFAULT_RUNTIME,
  type Environment,
  type Interpreter,
  type Runtime,
  readEnvironment,
} from '../sandbox/machine/interpreters.ts'
import type { SandboxUsers } from '../sandbox/machine/users.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { Worker, type WorkerEvents } from './worker.ts'

export type Log = {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

/** `preload`: empty or the SDK, whose import takes 0.25 s. */
export type BootPlan = {
  readonly runtime: string
  readonly preload: readonly string[]
  readonly environment: InstalledPackages | null
}

const SDK_IMPORT = /^[ \t]*(?:from[ \t]+(?:hrflow|requests)\b|import[ \t][^#\n\r\u2028\u2029]*\b(?:hrflow|requests)\b)/m
const BOOT_TIMEOUT_MS = 30_000
const ENVIRONMENT_FRESH_MS = 1_000

export type LauncherOptions = {
  readonly sandbox: Sandbox
  readonly cgroups: Cgroups | null
  readonly hasMachineEnded: () => boolean
  readonly ownUsers: SandboxUsers | null
  /** By runtime name. */
  readonly interpreters: ReadonlyMap<string, Interpreter>
  readonly discover?: () => Promise<ReadonlyMap<string, Interpreter>>
  readonly cacheDir: string
  readonly forks: { passed(): Promise<boolean>; close?(): Promise<void> }
  /** Whether a preset has the SDK before a version imports it. */
  readonly expectsSdk: boolean
}

export class Launcher {
  readonly #options: LauncherOptions
  readonly #interpreters: Map<string, Interpreter>
  readonly #broken = new Map<string, string>()
  readonly #environments = new Map<string, { readAt: number; environment: Environment }>()
  #expectsSdk: boolean

  constructor(options: LauncherOptions) {
    this.#options = options
    this.#interpreters = new Map(options.interpreters)
    this.#expectsSdk = options.expectsSdk
  }

  get sandbox(): Sandbox {
    return this.#options.sandbox
  }

  async boot(
    { runtime, preload, environment: installed }: BootPlan,
    events: WorkerEvents,
    onStarted: (worker: Worker) => void,
  ): Promise<Worker> {
    const interpreter = this.#interpreters.get(runtime)
    if (interpreter === undefined) {
      const mend = howToAdd(runtime)
      throw new Error(
        `the runtime ${runtime} is not on this machine (there are: ${[...this.#interpreters.keys()].join(', ')})` +
          (mend === null ? '' : `. ${mend}`),
      )
    }
    const environment =
      installed === null
        ? this.#environmentOf(interpreter)
        : { sitePackages: installed.sitePackages, packages: {}, error: null }
    const isNode = interpreter.language === 'javascript'
    const host = isNode ? this.#interpreters.get(DEFAULT_RUNTIME) : interpreter
    if (host === undefined) throw new Error(`${runtime} needs a Python beside it, and this machine has none`)
    const started = await this.sandbox.launch({
      interpreter: host,
      node: isNode ? interpreter : null,
      forks: isNode && (await this.#options.forks.passed()),
      environment,
      preload,
    })
    const { hasMachineEnded } = this.#options
    const worker = new Worker(started, { hasNamespaces: this.sandbox.hasNamespaces, isNode, hasMachineEnded }, events)
    onStarted(worker)
    // A zygote's sandbox has its process from the start. Moving it takes as long as building the isolation.
    const enclosed = worker.processes.hasTemplate ? this.#enclose(worker) : null
    enclosed?.catch(() => {}) // awaited below if the worker boots
    const problem = await worker.booted(BOOT_TIMEOUT_MS)
    if (problem === null) {
      await (enclosed ?? this.#enclose(worker))
      this.#broken.delete(runtime)
      return worker
    }
    this.#broken.set(runtime, problem)
    throw new Error(`${runtime} (${interpreter.executable}) did not start: ${problem}`)
  }

  /** Call it after every worker has ended. */
  async close(): Promise<void> {
    await this.#options.forks.close?.()
    await Promise.all([this.sandbox.close(), this.#options.cgroups?.close()])
    this.#options.ownUsers?.close()
  }

  planFor(runtime: string, environment: InstalledPackages | null, { source, files }: CodeText): BootPlan {
    const isUsed = environment === null && [source, ...Object.values(files)].some((text) => SDK_IMPORT.test(text))
    if (isUsed && runtime === DEFAULT_RUNTIME) this.#expectsSdk = true
    return { runtime, preload: isUsed ? this.#sdkOf(runtime) : [], environment }
  }

  get presets(): readonly BootPlan[] {
    const sdk = this.#expectsSdk ? this.#sdkOf(DEFAULT_RUNTIME) : []
    return (sdk.length === 0 ? [[]] : [[], sdk]).map((preload) => ({
      runtime: DEFAULT_RUNTIME,
      preload,
      environment: null,
    }))
  }

  findInterpreter(runtime: string): Interpreter | null {
    return this.#interpreters.get(runtime) ?? null
  }

  async discoverRuntimes(): Promise<void> {
    const found = (await this.#options.discover?.()) ?? []
    for (const [name, interpreter] of found)
      if (!this.#interpreters.has(name)) this.#interpreters.set(name, interpreter)
  }

  listRuntimes(): readonly Runtime[] {
    return [...this.#interpreters.values()]
      .map((interpreter) => {
        const { packages, error } = this.#environmentOf(interpreter)
        const broken = this.#broken.get(interpreter.name) ?? null
        return {
          name: interpreter.name,
          language: interpreter.language,
          version: interpreter.version,
          usable: broken === null,
          reason: broken ?? error,
          packages,
        }
      })
      .sort((a, b) => rank(a.name) - rank(b.name))
  }

  async #enclose(worker: Worker): Promise<void> {
    try {
      if (worker.isAlive) await worker.processes.enclose(this.#options.cgroups)
    } catch (error) {
      worker.kill('closed')
      throw error
    }
  }

  #sdkOf(runtime: string): readonly string[] {
    const interpreter = this.#interpreters.get(runtime)
    if (interpreter === undefined) return []
    const { sitePackages, packages } = this.#environmentOf(interpreter)
    return sitePackages === null ? [] : ['requests', 'hrflow'].filter((name) => name in packages)
  }

  #environmentOf(interpreter: Interpreter): Environment {
    const known = this.#environments.get(interpreter.name)
    const now = performance.now()
    if (known !== undefined && now - known.readAt < ENVIRONMENT_FRESH_MS) return known.environment
    const environment = readEnvironment(this.#options.cacheDir, interpreter)
    this.#environments.set(interpreter.name, { readAt: now, environment })
    return environment
  }
}

function rank(name: string): number {
  return name === DEFAULT_RUNTIME ? -1 : Number(name.split('.')[1] ?? Number.POSITIVE_INFINITY)
}
