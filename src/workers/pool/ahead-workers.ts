/** Workers that have already imported packages of an environment, without a network. */

import { chooseSet } from '../../domain/packages/ahead-imports.ts'
import type { InstalledPackages } from '../../domain/run.ts'
import { guard } from '../../guard.ts'
import type { BootPlan } from '../worker/launcher.ts'
import { LogCollector } from '../worker/log-collector.ts'
import { encodeImport, type LoadMessage } from '../worker/reports.ts'
import type { Worker } from '../worker/worker.ts'
import { learnImports, readLearned } from './learned-imports.ts'

const guarded = guard('the pool')

export type LoadText = Pick<LoadMessage, 'source' | 'files' | 'variables' | 'outbound'>
type EnvironmentPlan = BootPlan & { readonly environment: InstalledPackages }
type Kind = { readonly key: string; readonly plan: EnvironmentPlan; readonly modules: readonly string[] }
type Spare = { readonly kind: Kind; readonly since: number; readonly ready: Promise<Worker | null> }

export type AheadOptions = {
  readonly boot: (plan: BootPlan) => Promise<Worker>
  /** Called before a worker imports, so that its memory is watched. */
  readonly onImport: () => void
  readonly keepMs?: number
}

/** Each takes 10 to 80 MB. */
const MAX_SPARES = 4
/** A kind gets a new worker only if it is requested twice within this time. Unused workers end after it. */
const KEEP_MS = 600_000
const IMPORT_TIMEOUT_MS = 30_000
/** The version that took the last worker needs the CPU first. */
const START_AFTER_MS = 100
const LOG_BYTES = 64 * 1024

export class AheadWorkers {
  readonly #options: AheadOptions
  readonly #keepMs: number
  readonly #spares = new Map<string, Spare>()
  readonly #importing = new Set<Worker>()
  /** Times of `performance.now()`. */
  readonly #asked = new Map<string, number>()
  readonly #unfit = new Map<string, number>()
  readonly #timers = new Map<string, { readonly kind: Kind; readonly timer: NodeJS.Timeout }>()
  #isClosed = false

  constructor(options: AheadOptions) {
    this.#options = options
    this.#keepMs = options.keepMs ?? KEEP_MS
  }

  get size(): number {
    return this.#spares.size
  }

  get importing(): Iterable<Worker> {
    return this.#importing
  }

  async take(plan: BootPlan, code: LoadText): Promise<Worker | null> {
    if (!canImportAhead(plan, code)) return null
    const modules = chooseSet(readLearned(plan.environment), code)
    if (modules.length === 0) return null
    const kind = kindOf(plan, modules)
    const spare = this.#spares.get(kind.key)
    this.#spares.delete(kind.key)
    if (this.#ask(kind.key) || spare !== undefined) this.#startSoon(kind)
    const worker = (await spare?.ready) ?? null
    return worker?.isAlive ? worker : null
  }

  learn(plan: BootPlan, code: LoadText, reported: readonly string[]): void {
    if (reported.length === 0 || !canImportAhead(plan, code)) return
    const modules = learnImports(plan.environment, code, reported)
    if (modules.length === 0) return
    const kind = kindOf(plan, modules)
    this.#ask(kind.key)
    this.#startSoon(kind)
  }

  /** If null, ends all workers. */
  release(environmentId: string | null): void {
    const isMeant = ({ plan }: Kind) => environmentId === null || plan.environment.id === environmentId
    for (const [key, { kind, timer }] of this.#timers) {
      if (!isMeant(kind)) continue
      clearTimeout(timer)
      this.#timers.delete(key)
    }
    for (const spare of this.#spares.values()) if (isMeant(spare.kind)) this.#end(spare)
  }

  reap(): void {
    const before = performance.now() - this.#keepMs
    for (const spare of this.#spares.values()) if (spare.since < before) this.#end(spare)
    for (const times of [this.#asked, this.#unfit]) for (const [key, at] of times) if (at < before) times.delete(key)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const { timer } of this.#timers.values()) clearTimeout(timer)
    for (const worker of this.#importing) worker.kill('closed')
    await Promise.allSettled([...this.#spares.values()].map(({ ready }) => ready))
  }

  #ask(key: string): boolean {
    const before = this.#asked.get(key) ?? Number.NEGATIVE_INFINITY
    this.#asked.set(key, performance.now())
    return before > performance.now() - this.#keepMs
  }

  #startSoon(kind: Kind): void {
    const { key } = kind
    if (this.#isClosed || this.#timers.has(key) || this.#unfit.has(key)) return
    const start = () => {
      this.#timers.delete(key)
      this.#start(kind)
    }
    this.#timers.set(key, { kind, timer: guarded.setTimeout(start, START_AFTER_MS).unref() })
  }

  #start(kind: Kind): void {
    if (this.#isClosed || this.#spares.has(kind.key)) return
    const [oldest] = this.#spares.values()
    if (this.#spares.size >= MAX_SPARES && oldest !== undefined) this.#end(oldest)
    const ready = this.#import(kind).catch(() => null)
    const spare = { kind, since: performance.now(), ready }
    this.#spares.set(kind.key, spare)
    guarded.start(async () => {
      if ((await ready) !== null) return
      this.#unfit.set(kind.key, performance.now())
      if (this.#spares.get(kind.key) === spare) this.#spares.delete(kind.key)
    })
  }

  /** Returns null if a package does not import, or leaves state that a fork cannot copy. */
  async #import({ plan, modules }: Kind): Promise<Worker | null> {
    const worker = await this.#options.boot(plan)
    this.#importing.add(worker)
    this.#options.onImport()
    const collector = new LogCollector({ maxBytes: LOG_BYTES })
    const report = await worker.load(encodeImport(modules), { collector, timeoutMs: IMPORT_TIMEOUT_MS })
    this.#importing.delete(worker)
    collector.close()
    if (report.type === 'loaded' && report.forkable && !this.#isClosed) return worker
    worker.kill('closed')
    return null
  }

  #end(spare: Spare): void {
    if (this.#spares.get(spare.kind.key) === spare) this.#spares.delete(spare.kind.key)
    guarded.start(async () => (await spare.ready)?.kill('closed'))
  }
}

/** Packages could read a workflow's variables during the import, or send requests that a trial forbids. */
function canImportAhead(plan: BootPlan, { variables, outbound = 'live' }: LoadText): plan is EnvironmentPlan {
  return plan.environment !== null && outbound === 'live' && Object.keys(variables).length === 0
}

const kindOf = (plan: EnvironmentPlan, modules: readonly string[]): Kind => ({
  key: [plan.runtime, plan.environment.sitePackages, ...modules].join('\n'),
  plan,
  modules,
})
