import { reasonOf } from '../../../errors.ts'
import { guard } from '../../../guard.ts'
import type { SandboxProcess } from '../process/sandbox-process.ts'
import type { NewSandbox, Zygote } from './zygote.ts'

const guarded = guard('the zygotes')

/** `settled`: a replacement is ready only once its sandboxes are cheap. */
type Start = (settled: boolean) => Promise<Zygote>

export type ZygoteLimits = {
  /** Siblings share a memory layout, so a leak must soon become useless. */
  readonly maxSandboxes: number
  readonly maxAgeMs: number
  readonly idleMs: number
}

type Entry = {
  current: Zygote | null
  starting: Promise<Zygote> | null
  /** By `performance.now()`. */
  retryAt: number
}

export const ZYGOTE_LIMITS: ZygoteLimits = { maxSandboxes: 1_000, maxAgeMs: 600_000, idleMs: 600_000 }
const MAX_KINDS = 8
const RETRY_MS = 60_000
const LOOK_MS = 30_000

export class Zygotes {
  problem: string | null = null
  readonly #limits: ZygoteLimits
  readonly #entries = new Map<string, Entry>()
  readonly #alive = new Set<Zygote>()
  readonly #looks: NodeJS.Timeout
  #isClosed = false

  constructor(limits: ZygoteLimits) {
    this.#limits = limits
    this.#looks = guarded.setInterval(() => this.#endIdle(), LOOK_MS).unref()
  }

  /** If it rejects, `problem` is the reason. */
  async make(key: string, start: Start, request: () => Promise<NewSandbox>): Promise<SandboxProcess> {
    try {
      const zygote = await this.#zygoteFor(key, start)
      return await zygote.make(await request())
    } catch (error) {
      this.problem = reasonOf(error)
      throw error
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#looks)
    await Promise.allSettled([...this.#entries.values()].map(({ starting }) => starting))
    const ended = [...this.#alive].map((zygote) => {
      zygote.kill()
      return zygote.ended
    })
    await Promise.all(ended)
  }

  async #zygoteFor(key: string, start: Start): Promise<Zygote> {
    const entry = this.#entries.get(key) ?? this.#addEntry(key)
    if (entry.current?.isAlive === false) entry.current = null
    const { current } = entry
    if (current !== null && !this.#isDue(current)) return current
    const canStart = entry.starting === null && performance.now() >= entry.retryAt
    if (canStart) void this.#start(entry, start).catch(() => {})
    if (current !== null) return current
    if (entry.starting === null) throw new Error(`there is no zygote (${this.problem ?? 'it did not start'})`)
    return await entry.starting
  }

  #start(entry: Entry, start: Start): Promise<Zygote> {
    const starting = this.#begin(() => start(entry.current !== null))
    entry.starting = starting
    starting.then(
      (zygote) => {
        entry.starting = null
        entry.current?.retire()
        entry.current = zygote
      },
      (error: unknown) => {
        this.problem = reasonOf(error)
        entry.starting = null
        entry.retryAt = performance.now() + RETRY_MS
      },
    )
    return starting
  }

  async #begin(start: () => Promise<Zygote>): Promise<Zygote> {
    if (this.#isClosed) throw new Error('the server ends')
    const zygote = await start()
    this.#alive.add(zygote)
    void zygote.ended.then(() => this.#alive.delete(zygote))
    if (this.#isClosed) zygote.kill()
    return zygote
  }

  #addEntry(key: string): Entry {
    if (this.#entries.size >= MAX_KINDS) this.#endLongestUnused()
    const entry: Entry = { current: null, starting: null, retryAt: 0 }
    this.#entries.set(key, entry)
    return entry
  }

  #isDue({ asked, startedAt }: Zygote): boolean {
    return asked >= this.#limits.maxSandboxes || performance.now() - startedAt >= this.#limits.maxAgeMs
  }

  #endIdle(): void {
    const before = performance.now() - this.#limits.idleMs
    for (const [key, { current, starting, retryAt }] of this.#entries) {
      const isIdle = current === null ? retryAt < before : current.size === 0 && current.usedAt < before
      if (starting === null && isIdle) this.#forget(key, current)
    }
  }

  #endLongestUnused(): void {
    const [first] = [...this.#entries]
      .filter(([, { starting }]) => starting === null)
      .sort(([, a], [, b]) => (a.current?.usedAt ?? 0) - (b.current?.usedAt ?? 0))
    if (first === undefined) throw new Error(`${MAX_KINDS} zygotes start at the moment`)
    this.#forget(first[0], first[1].current)
  }

  #forget(key: string, zygote: Zygote | null): void {
    this.#entries.delete(key)
    zygote?.retire()
  }
}
