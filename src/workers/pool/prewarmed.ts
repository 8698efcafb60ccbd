/** Workers that are booted ahead and hold no user code yet: one bare, one with the SDK loaded. */

import { DEFAULT_RUNTIME } from '../sandbox/interpreters.ts'
import type { Launcher, Log, RuntimeImage } from '../worker/launcher.ts'
import type { Worker, WorkerEvents } from '../worker/worker.ts'

type PrewarmedOptions = { readonly events: WorkerEvents; readonly keep: boolean; readonly log: Log }

/** Booting takes CPU that the run which took the last one can use better. */
const REFILL_AFTER_MS = 100

export class PrewarmedWorkers {
  readonly #launcher: Launcher
  readonly #options: PrewarmedOptions
  readonly #booting = new Map<RuntimeImage, Promise<Worker>>()
  readonly #waiting = new Map<RuntimeImage, Worker>()
  readonly #alive = new Set<Worker>()
  #timer: NodeJS.Timeout | null = null
  #closed: (() => void) | null = null

  constructor(launcher: Launcher, options: PrewarmedOptions) {
    this.#launcher = launcher
    this.#options = options
  }

  get size(): number {
    return this.#waiting.size
  }

  /** A booted worker: the spare one, the one that is being booted, or a new one. */
  async take(runtime: string, image: RuntimeImage): Promise<Worker> {
    if (runtime === DEFAULT_RUNTIME) {
      const worker = this.#waiting.get(image)
      this.#waiting.delete(image)
      this.#refillSoon()
      if (worker?.isAlive) return worker
      const booting = this.#booting.get(image)
      if (booting !== undefined) {
        this.#booting.delete(image)
        return booting
      }
    }
    return this.#boot(runtime, image)
  }

  /** Boots what is missing, in the background. */
  refill(): void {
    if (!this.#options.keep || this.#closed !== null) return
    const images: readonly RuntimeImage[] = this.#launcher.hasSdk(DEFAULT_RUNTIME) ? ['bare', 'sdk'] : ['bare']
    for (const image of images) {
      if (this.#waiting.has(image) || this.#booting.has(image)) continue
      const booting = this.#boot(DEFAULT_RUNTIME, image)
      this.#booting.set(image, booting)
      booting.then(
        (worker) => this.#keep(image, booting, worker),
        (error: unknown) => {
          if (this.#booting.get(image) === booting) this.#booting.delete(image)
          if (this.#closed === null) this.#options.log.warn({ err: error }, 'a spare worker could not be booted')
        },
      )
    }
  }

  forget(worker: Worker): void {
    this.#alive.delete(worker)
    for (const [image, waiting] of this.#waiting) if (waiting === worker) this.#waiting.delete(image)
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

  async #boot(runtime: string, image: RuntimeImage): Promise<Worker> {
    const worker = await this.#launcher.boot(runtime, image, this.#options.events, (started) =>
      this.#alive.add(started),
    )
    if (this.#closed !== null) worker.kill('closed')
    return worker
  }

  #keep(image: RuntimeImage, booting: Promise<Worker>, worker: Worker): void {
    // Taken meanwhile: somebody waits for it.
    if (this.#booting.get(image) !== booting) return
    this.#booting.delete(image)
    if (worker.isAlive && this.#closed === null) this.#waiting.set(image, worker)
  }

  #refillSoon(): void {
    if (this.#closed !== null) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.refill(), REFILL_AFTER_MS).unref()
  }
}
