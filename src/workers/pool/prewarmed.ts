/** Workers without user code that booted ahead of need. */

import type { Report } from '../../domain/measures.ts'
import { languageOf } from '../../domain/workflows/language.ts'
import { guard } from '../../guard.ts'
import { DEFAULT_RUNTIME } from '../sandbox/interpreters.ts'
import type { BootPlan, Launcher, Log } from '../worker/launcher.ts'
import type { Worker, WorkerEvents } from '../worker/worker.ts'
import { AheadWorkers, type LoadText } from './ahead-workers.ts'

const guarded = guard('prewarmed workers')

type PrewarmedOptions = {
  readonly events: WorkerEvents
  readonly keep: boolean
  readonly log: Log
  readonly report: Report
  /** Called before a worker imports packages, so that its memory is watched. */
  readonly onImport: () => void
}

/** The run that took the last prewarmed worker needs the CPU first. */
const REFILL_AFTER_MS = 100
/** A JavaScript worker holds two waiting Node processes, about 60 MB. */
const KEEP_SCRIPT_MS = 600_000

const keyOf = ({ runtime, image }: BootPlan): string => `${runtime} ${image}`

export class PrewarmedWorkers {
  readonly #launcher: Launcher
  readonly #options: PrewarmedOptions
  readonly #booting = new Map<string, Promise<Worker>>()
  readonly #waiting = new Map<string, Worker>()
  readonly #scripts = new Map<string, { readonly plan: BootPlan; readonly at: number }>()
  readonly #alive = new Set<Worker>()
  readonly #ahead: AheadWorkers
  #timer: NodeJS.Timeout | null = null
  #closed: (() => void) | null = null

  constructor(launcher: Launcher, options: PrewarmedOptions) {
    this.#launcher = launcher
    this.#options = options
    this.#ahead = new AheadWorkers({ boot: (plan) => this.#boot(plan), onImport: options.onImport })
  }

  get size(): number {
    return this.#waiting.size + this.#ahead.size
  }

  get importing(): Iterable<Worker> {
    return this.#ahead.importing
  }

  /** `order` is the code that the worker will load. */
  async take(plan: BootPlan, order: LoadText): Promise<Worker> {
    const { runtime, environment } = plan
    const isScript = languageOf(runtime) === 'javascript'
    const key = keyOf(plan)
    const ahead = this.#options.keep ? await this.#ahead.take(plan, order) : null
    if (ahead !== null) return ahead
    if ((runtime === DEFAULT_RUNTIME || isScript) && environment === null) {
      if (isScript) this.#scripts.set(key, { plan, at: performance.now() })
      const worker = this.#waiting.get(key)
      this.#waiting.delete(key)
      this.#refillSoon()
      if (worker?.isAlive) return worker
      const booting = this.#booting.get(key)
      if (booting !== undefined) {
        this.#booting.delete(key)
        return booting
      }
    }
    return this.#boot(plan)
  }

  refill(): void {
    if (!this.#options.keep || this.#closed !== null) return
    const images = this.#launcher.hasSdk(DEFAULT_RUNTIME) ? (['bare', 'sdk'] as const) : (['bare'] as const)
    const plans: readonly BootPlan[] = [
      ...images.map((image) => ({ runtime: DEFAULT_RUNTIME, image, environment: null })),
      ...[...this.#scripts.values()].map(({ plan }) => plan),
    ]
    for (const plan of plans) {
      const key = keyOf(plan)
      if (this.#waiting.has(key) || this.#booting.has(key)) continue
      const booting = this.#boot(plan)
      this.#booting.set(key, booting)
      booting.then(
        (worker) => this.#keep(key, booting, worker),
        (error: unknown) => {
          if (this.#booting.get(key) === booting) this.#booting.delete(key)
          if (this.#closed === null) this.#options.log.warn({ err: error }, 'a worker could not be prewarmed')
        },
      )
    }
  }

  forget(worker: Worker): void {
    this.#alive.delete(worker)
    for (const [key, waiting] of this.#waiting) if (waiting === worker) this.#waiting.delete(key)
    if (this.#alive.size === 0) this.#closed?.()
  }

  learn(plan: BootPlan, order: LoadText, imports: readonly string[]): void {
    if (this.#options.keep) this.#ahead.learn(plan, order, imports)
  }

  release(environmentId: string): void {
    this.#ahead.release(environmentId)
  }

  reap(): void {
    this.#ahead.reap()
    const before = performance.now() - KEEP_SCRIPT_MS
    for (const [key, { at }] of this.#scripts) {
      if (at > before) continue
      this.#scripts.delete(key)
      this.#waiting.get(key)?.kill('closed')
      this.#waiting.delete(key)
    }
  }

  renew(): void {
    this.#ahead.release(null)
    for (const worker of this.#waiting.values()) worker.kill('closed')
    this.#waiting.clear()
    this.#refillSoon()
  }

  close(): void {
    this.#closed = () => {}
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const worker of this.#alive) worker.kill('closed')
  }

  async ended(): Promise<void> {
    await Promise.allSettled([...this.#booting.values(), this.#ahead.close()])
    for (const worker of this.#alive) worker.kill('closed')
    if (this.#alive.size === 0) return
    await new Promise<void>((resolve) => {
      this.#closed = resolve
    })
  }

  async #boot(plan: BootPlan): Promise<Worker> {
    const booting = this.#launcher.boot(plan, this.#options.events, (started) => this.#alive.add(started))
    const worker = await booting.catch((error: unknown) => {
      if (this.#closed === null) this.#options.report({ kind: 'sandbox_failed' })
      throw error
    })
    if (this.#closed !== null) worker.kill('closed')
    return worker
  }

  #keep(key: string, booting: Promise<Worker>, worker: Worker): void {
    // A caller of `take` waits for this worker.
    if (this.#booting.get(key) !== booting) return
    this.#booting.delete(key)
    if (worker.isAlive && this.#closed === null) this.#waiting.set(key, worker)
  }

  #refillSoon(): void {
    if (this.#closed !== null) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = guarded.setTimeout(() => this.refill(), REFILL_AFTER_MS).unref()
  }
}
