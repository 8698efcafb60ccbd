import { languageOf } from '../../domain/shared/language.ts'
import { guard } from '../../guard.ts'
import type { BootPlan, Log } from '../worker/launcher.ts'
import { LogCollector } from '../worker/log-collector.ts'
import { encodeImport } from '../worker/reports.ts'
import type { Worker } from '../worker/worker.ts'

const guarded = guard('spare workers')

export type SpareOptions = {
  readonly boot: (plan: BootPlan) => Promise<Worker>
  readonly keep: boolean
  readonly presets: () => readonly BootPlan[]
  /** Called before a spare imports packages, to watch its memory. */
  readonly onImport: () => void
  readonly log: Log
}

type Kind = {
  readonly plan: BootPlan
  readonly modules: readonly string[]
  readonly isPreset: boolean
  /** By `performance.now()`. */
  usedAt: number
  ready: Promise<Worker | null> | null
  worker: Worker | null
  /** Its modules fail, or leave state that a fork cannot copy. */
  isUnfit: boolean
}

/** Each spare takes 10 to 80 MB. */
const MAX_KINDS = 4
const KEEP_MS = 600_000
/** The version that took a spare needs the CPU first. */
const START_AFTER_MS = 100
const IMPORT_TIMEOUT_MS = 30_000
const LOG_BYTES = 64 * 1024

export class SpareWorkers {
  readonly #options: SpareOptions
  readonly #kinds = new Set<Kind>()
  #timer: NodeJS.Timeout | null = null
  #isClosed = false

  constructor(options: SpareOptions) {
    this.#options = options
    this.#refill()
  }

  get size(): number {
    return [...this.#kinds].filter(({ worker }) => worker?.isAlive).length
  }

  /** A spare has only packages that the code imports. */
  async take(plan: BootPlan, imports: readonly string[]): Promise<Worker> {
    if (languageOf(plan.runtime) === 'javascript') this.#add(plan, [])
    const [kind] = [...this.#kinds]
      .filter((one) => isSame(one.plan, plan) && !one.isUnfit && one.modules.every((name) => imports.includes(name)))
      .sort((a, b) => b.modules.length - a.modules.length)
    // The plan may add a preset.
    this.#refillSoon()
    if (kind === undefined) return await this.#options.boot(plan)
    const { ready } = kind
    Object.assign(kind, { usedAt: performance.now(), ready: null, worker: null })
    const worker = await ready
    return worker?.isAlive ? worker : await this.#options.boot(plan)
  }

  learn(plan: BootPlan, modules: readonly string[]): void {
    this.#add(plan, modules)
    this.#refillSoon()
  }

  release(environmentId: string): void {
    for (const kind of this.#kinds) if (kind.plan.environment?.id === environmentId) this.#forget(kind)
  }

  reap(): void {
    const before = performance.now() - KEEP_MS
    for (const kind of this.#kinds) if (!kind.isPreset && kind.usedAt < before) this.#forget(kind)
  }

  renew(): void {
    for (const kind of this.#kinds) this.#end(kind)
    this.#refillSoon()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await Promise.all([...this.#kinds].map(({ ready }) => ready))
  }

  #add(plan: BootPlan, modules: readonly string[], isPreset = false): void {
    const kinds = [...this.#kinds]
    if (kinds.some((one) => isSame(one.plan, plan) && one.modules.join() === modules.join())) return
    const others = kinds.filter((one) => !one.isPreset).sort((a, b) => a.usedAt - b.usedAt)
    if (!isPreset && others.length >= MAX_KINDS && others[0] !== undefined) this.#forget(others[0])
    const usedAt = performance.now()
    this.#kinds.add({ plan, modules, isPreset, usedAt, ready: null, worker: null, isUnfit: false })
  }

  #refillSoon(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = guarded.setTimeout(() => this.#refill(), START_AFTER_MS).unref()
  }

  #refill(): void {
    if (!this.#options.keep || this.#isClosed) return
    for (const plan of this.#options.presets()) this.#add(plan, [], true)
    for (const kind of this.#kinds) if (kind.ready === null && !kind.isUnfit) this.#start(kind)
  }

  #start(kind: Kind): void {
    const ready = this.#make(kind).catch((error: unknown) => {
      if (!this.#isClosed) this.#options.log.warn({ err: error }, 'a spare worker could not be started')
      return null
    })
    kind.ready = ready
    guarded.start(async () => {
      const worker = await ready
      if (kind.ready !== ready) return
      if (worker === null) kind.ready = null
      kind.worker = worker
    })
  }

  async #make(kind: Kind): Promise<Worker | null> {
    const worker = await this.#options.boot(kind.plan)
    if (kind.modules.length === 0) return worker
    this.#options.onImport()
    const collector = new LogCollector({ maxBytes: LOG_BYTES })
    const report = await worker.load(encodeImport(kind.modules), { collector, timeoutMs: IMPORT_TIMEOUT_MS })
    collector.close()
    if (report.type === 'loaded' && report.forkable) return worker
    kind.isUnfit = true
    worker.kill('closed')
    return null
  }

  #forget(kind: Kind): void {
    this.#kinds.delete(kind)
    this.#end(kind)
  }

  #end(kind: Kind): void {
    const { ready } = kind
    Object.assign(kind, { ready: null, worker: null })
    guarded.start(async () => (await ready)?.kill('closed'))
  }
}

const isSame = (a: BootPlan, b: BootPlan): boolean => keyOf(a) === keyOf(b)
const keyOf = ({ runtime, preload, environment }: BootPlan): string =>
  JSON.stringify([runtime, preload, environment?.sitePackages])
