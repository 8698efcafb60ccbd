/** The workers of one version: runs wait here for the next free one, and more are started when they wait too long. */

import { describeLoadFailure } from '../worker/failures.ts'
import { LogCollector } from '../worker/log-collector.ts'
import type { Failure } from '../worker/outcome.ts'
import type { LoadMessage, LoadReport } from '../worker/reports.ts'
import type { Worker } from '../worker/worker.ts'

/** A worker for one run, with what the module printed if it was loaded for this run. */
export type Lease = { readonly worker: Worker; readonly collector: LogCollector | null; readonly loadMs: number }
export type LeaseFailure = {
  readonly failure: Failure
  readonly collector: LogCollector | null
  readonly loadMs: number
}

export type GroupSpec = Omit<LoadMessage, 'in_child'> & { readonly runtime: string }

/** What a group needs of the pool. */
export type WorkerHost = {
  /** A place for one more worker; when there is none, `grow` is called once there may be. */
  reserve(group: Group): boolean
  unreserve(): void
  boot(spec: GroupSpec): Promise<Worker>
  adopt(worker: Worker, group: Group): void
  onEmpty(group: Group): void
  readonly logBytes: number
}

type Waiter = {
  readonly since: number
  readonly timeoutMs: number
  readonly resolve: (answer: Lease | LeaseFailure) => void
}

/** A run that waited this long is not served soon by the workers there are; starting one costs about 30 ms of CPU. */
const GROW_AFTER_MS = 10

export class Group {
  readonly key: string
  readonly #spec: GroupSpec
  readonly #house: WorkerHost
  readonly #workers = new Set<Worker>()
  readonly #idle: Worker[] = []
  readonly #fresh = new Map<Worker, { collector: LogCollector; ms: number }>()
  #waiters: Waiter[] = []
  #starting = 0
  #growTimer: NodeJS.Timeout | null = null
  /** The module can't be loaded ahead of the fork: it opened files or started threads. */
  #inChild = false

  constructor(key: string, spec: GroupSpec, house: WorkerHost) {
    this.key = key
    this.#spec = spec
    this.#house = house
  }

  get isEmpty(): boolean {
    return this.#workers.size + this.#starting + this.#waiters.length === 0
  }

  /** The next free worker, or why there can be none. */
  acquire(timeoutMs: number, signal?: AbortSignal): Promise<Lease | LeaseFailure> {
    const worker = this.#idle.pop()
    if (worker !== undefined) return Promise.resolve(this.#lease(worker))
    return new Promise((resolve) => {
      const waiter = { since: performance.now(), timeoutMs, resolve }
      this.#waiters.push(waiter)
      signal?.addEventListener('abort', () => this.#giveUp(waiter), { once: true })
      this.grow()
    })
  }

  /** Nobody who waits will be served. */
  refuse(failure: Failure): void {
    this.#refuseAll({ failure, collector: null, loadMs: 0 })
  }

  /** A worker has become free. */
  offer(worker: Worker): void {
    if (!worker.isIdle) return
    const waiter = this.#waiters.shift()
    if (waiter !== undefined) {
      waiter.resolve(this.#lease(worker))
      return
    }
    worker.idleSince = performance.now()
    if (!this.#idle.includes(worker)) this.#idle.push(worker)
  }

  remove(worker: Worker): void {
    this.#workers.delete(worker)
    this.#fresh.delete(worker)
    const index = this.#idle.indexOf(worker)
    if (index !== -1) this.#idle.splice(index, 1)
    this.grow()
    if (this.isEmpty) this.#house.onEmpty(this)
  }

  /** Starts workers for runs that would wait too long: the first at once, more when those there are do not suffice. */
  grow(): void {
    if (this.#waiters.length === 0) return
    if (this.#workers.size + this.#starting === 0) this.#start()
    else this.#growTimer ??= setTimeout(() => this.#growNow(), GROW_AFTER_MS)
  }

  #growNow(): void {
    this.#growTimer = null
    const before = performance.now() - GROW_AFTER_MS
    const late = this.#waiters.filter(({ since }) => since <= before).length
    for (let missing = late - this.#starting; missing > 0; missing -= 1) if (!this.#start()) break
    this.grow()
  }

  #start(): boolean {
    if (!this.#house.reserve(this)) return false
    this.#starting += 1
    const cause = this.#waiters[this.#starting - 1]
    void this.#startWorker(cause).finally(() => {
      this.#starting -= 1
      this.#house.unreserve()
      this.grow()
      if (this.isEmpty) this.#house.onEmpty(this)
    })
    return true
  }

  async #startWorker(cause: Waiter | undefined): Promise<void> {
    const collector = new LogCollector({ maxBytes: this.#house.logBytes })
    let worker: Worker
    try {
      worker = await this.#house.boot(this.#spec)
    } catch (error) {
      const message = `The sandbox could not be started: ${error instanceof Error ? error.message : String(error)}`
      return this.#refuseAll({ failure: { code: 'crashed', message }, collector: null, loadMs: 0 })
    }
    const inChild = this.#inChild
    const { runtime: _, ...message } = this.#spec
    const timeoutMs = cause?.timeoutMs ?? 30_000
    const began = performance.now()
    const report = await worker.load({ ...message, in_child: inChild }, { collector, timeoutMs })
    const loadMs = performance.now() - began
    if (report.type !== 'loaded') return this.#onLoadFailure(worker, report, { cause, collector, loadMs, timeoutMs })
    if (!report.forkable) {
      this.#inChild = true
      worker.kill('closed')
      // Its output will come again, from the run itself.
      return this.#startWorker(cause)
    }
    this.#workers.add(worker)
    if (!inChild) this.#fresh.set(worker, { collector, ms: loadMs })
    this.#house.adopt(worker, this)
    if (!worker.isAlive) return this.remove(worker)
    this.offer(worker)
  }

  #onLoadFailure(
    worker: Worker,
    report: Exclude<LoadReport, { type: 'loaded' }>,
    {
      cause,
      collector,
      loadMs,
      timeoutMs,
    }: { cause: Waiter | undefined; collector: LogCollector; loadMs: number; timeoutMs: number },
  ): void {
    worker.kill('closed')
    const refusal = {
      failure: describeLoadFailure(report, { timeoutMs, memoryBytes: this.#spec.memory, source: this.#spec.source }),
      collector,
      loadMs,
    }
    // Source that does not load fails for everybody. A module that hangs or dies may not do so again.
    if (report.type === 'load_error') {
      this.#refuseAll(refusal)
      return
    }
    const unlucky = cause !== undefined && this.#waiters.includes(cause) ? cause : this.#waiters[0]
    this.#waiters = this.#waiters.filter((waiter) => waiter !== unlucky)
    unlucky?.resolve(refusal)
  }

  #refuseAll(refusal: LeaseFailure): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const [index, { resolve }] of waiters.entries()) {
      resolve(index === 0 ? refusal : { ...refusal, collector: null, loadMs: 0 })
    }
  }

  #giveUp(waiter: Waiter): void {
    if (!this.#waiters.includes(waiter)) return
    this.#waiters = this.#waiters.filter((other) => other !== waiter)
    waiter.resolve({
      failure: { status: 'cancelled', code: 'cancelled', message: 'The run was cancelled before it started' },
      collector: null,
      loadMs: 0,
    })
    if (this.isEmpty) this.#house.onEmpty(this)
  }

  #lease(worker: Worker): Lease {
    const fresh = this.#fresh.get(worker)
    this.#fresh.delete(worker)
    return { worker, collector: fresh?.collector ?? null, loadMs: fresh?.ms ?? 0 }
  }

  /** The worker that has been idle longest, for eviction. */
  get oldestIdle(): Worker | undefined {
    return this.#idle[0]
  }
}
