/** A background queue that runs one task at a time, after a short pause. */

import { setTimeout as sleep } from 'node:timers/promises'

/** By then, the version that requested the environment has loaded. */
const PAUSE_MS = 1_000

export class Background {
  readonly #waiting = new Map<string, () => Promise<void>>()
  readonly #closing = new AbortController()
  readonly #pauseMs: number
  #running: Promise<void> | null = null

  constructor(pauseMs = PAUSE_MS) {
    this.#pauseMs = pauseMs
  }

  /** `work` must not reject. A queued task with the same name is not added twice. */
  add(name: string, work: () => Promise<void>): void {
    if (this.#closing.signal.aborted) return
    this.#waiting.set(name, work)
    this.#running ??= this.#run()
  }

  close(): void {
    this.#closing.abort()
    this.#waiting.clear()
  }

  async settled(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    while (this.#waiting.size > 0) {
      await sleep(this.#pauseMs, undefined, { signal, ref: false }).catch(() => {})
      const [first] = this.#waiting
      if (first === undefined) break
      this.#waiting.delete(first[0])
      await first[1]()
    }
    this.#running = null
  }
}
