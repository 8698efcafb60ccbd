/** Workers that are booted ahead and hold no user code yet: one bare, one with the SDK loaded. */

import { DEFAULT_RUNTIME } from '../sandbox/interpreters.ts'
import type { Flavour, Launcher, Log } from '../worker/launcher.ts'
import type { Worker, WorkerEvents } from '../worker/worker.ts'

type SparesOptions = { readonly events: WorkerEvents; readonly keep: boolean; readonly log: Log }

/** Booting takes CPU that the run which took the last one can use better. */
const REFILL_AFTER_MS = 100

export class Spares {
  readonly #launcher: Launcher
  readonly #options: SparesOptions
  readonly #booting = new Map<Flavour, Promise<Worker>>()
  readonly #waiting = new Map<Flavour, Worker>()
  readonly #alive = new Set<Worker>()
  #timer: NodeJS.Timeout | null = null
  #closed: (() => void) | null = null

  constructor(launcher: Launcher, options: SparesOptions) {
    this.#launcher = launcher
    this.#options = options
  }

  get size(): number {
    return this.#waiting.size
  }

  /** A booted worker: the spare one, the one that is being booted, or a new one. */
  async take(runtime: string, flavour: Flavour): Promise<Worker> {
    if (runtime === DEFAULT_RUNTIME) {
      const spare = this.#waiting.get(flavour)
      this.#waiting.delete(flavour)
      this.#refillSoon()
      if (spare?.isAlive) return spare
      const booting = this.#booting.get(flavour)
      if (booting !== undefined) {
        this.#booting.delete(flavour)
        return booting
      }
    }
    return this.#boot(runtime, flavour)
  }

  /** Boots what is missing, in the background. */
  refill(): void {
    if (!this.#options.keep || this.#closed !== null) return
    const flavours: readonly Flavour[] = this.#launcher.hasSdk(DEFAULT_RUNTIME) ? ['bare', 'sdk'] : ['bare']
    for (const flavour of flavours) {
      if (this.#waiting.has(flavour) || this.#booting.has(flavour)) continue
      const booting = this.#boot(DEFAULT_RUNTIME, flavour)
      this.#booting.set(flavour, booting)
      booting.then(
        (worker) => this.#keep(flavour, booting, worker),
        (error: unknown) => {
          if (this.#booting.get(flavour) === booting) this.#booting.delete(flavour)
          if (this.#closed === null) this.#options.log.warn({ err: error }, 'a spare worker could not be booted')
        },
      )
    }
  }

  forget(worker: Worker): void {
    this.#alive.delete(worker)
    for (const [flavour, spare] of this.#waiting) if (spare === worker) this.#waiting.delete(flavour)
    if (this.#alive.size === 0) this.#closed?.()
  }

  /** Ends the spare workers and boots others. */
  renew(): void {
    for (const worker of this.#waiting.values()) worker.kill('closed')
    this.#waiting.clear()
    this.#refillSoon()
  }

  close(): void {
    this.#closed = () => {}
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const worker of this.#alive) worker.kill('closed')
  }

  /** Resolves when all that it booted have ended. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#booting.values())
    for (const worker of this.#alive) worker.kill('closed')
    if (this.#alive.size === 0) return
    await new Promise<void>((resolve) => {
      this.#closed = resolve
    })
  }

  async #boot(runtime: string, flavour: Flavour): Promise<Worker> {
    const worker = await this.#launcher.boot(runtime, flavour, this.#options.events, (started) =>
      this.#alive.add(started),
    )
    if (this.#closed !== null) worker.kill('closed')
    return worker
  }

  #keep(flavour: Flavour, booting: Promise<Worker>, worker: Worker): void {
    // Taken meanwhile: somebody waits for it.
    if (this.#booting.get(flavour) !== booting) return
    this.#booting.delete(flavour)
    if (worker.isAlive && this.#closed === null) this.#waiting.set(flavour, worker)
  }

  #refillSoon(): void {
    if (this.#closed !== null) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.refill(), REFILL_AFTER_MS).unref()
  }
}
