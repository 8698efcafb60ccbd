import { availableParallelism } from 'node:os'
import type { Obstacle } from '../../domain/runs/obstacle.ts'
import type { InstalledPackages } from '../../domain/runs/run.ts'
import type { CancelSignal } from '../../domain/shared/cancellation.ts'
import type { EgressRule } from '../../domain/shared/egress.ts'
import { languageOf } from '../../domain/shared/language.ts'
import { reasonOf } from '../../errors.ts'
import { guard } from '../../guard.ts'
import { describeLoadFailure } from '../worker/failures.ts'
import { LogCollector } from '../worker/log-collector.ts'
import type { Failure } from '../worker/outcome.ts'
import { encodeLoad, type LoadMessage, type LoadReport } from '../worker/reports.ts'
import type { Worker } from '../worker/worker.ts'
import { CANCELLED } from './outcomes.ts'

const guarded = guard('the pool')

/** `collector`: the module's output, if it was loaded for this run. */
export type Lease = { readonly worker: Worker; readonly collector: LogCollector | null; readonly loadMs: number }
export type LeaseFailure = {
  readonly failure: Failure
  readonly collector: LogCollector | null
  readonly loadMs: number
}

export type GroupSpec = {
  readonly runtime: string
  readonly environment: InstalledPackages | null
  readonly workflowId: string
  readonly versionKey: string
  readonly egress: EgressRule
  readonly message: Omit<LoadMessage, 'in_child'>
}

export type WorkerHost = {
  reserve(group: Group): boolean
  unreserve(): void
  boot(spec: GroupSpec): Promise<Worker>
  adopt(worker: Worker, group: Group): void
  onEmpty(group: Group): void
  /** `modules`: imports of a slow load. */
  learn(spec: GroupSpec, modules: readonly string[]): void
  noteObstacle(spec: GroupSpec, obstacle: Obstacle | null): void
  readonly logBytes: number
}

type Waiter = {
  readonly since: number
  readonly timeoutMs: number
  readonly resolve: (answer: Lease | LeaseFailure) => void
}

/** A start takes about 30 ms of CPU. */
const GROW_AFTER_MS = 10
/** Node needs 130 ms of CPU to start. A Node sandbox serves 50 to 100 short runs in that time. */
const GROW_SCRIPTS_AFTER_MS = 100
/** With two sandboxes, short runs of 4 to 16 callers used 1.3 of 2 processors. */
const BUSY_SIZE = availableParallelism() + 1
/** With 32 callers and 32 simultaneous starts, the throughput was 19 runs per second for 4 s. */
const MAX_STARTING = Math.max(4, 2 * availableParallelism())

export class Group {
  readonly key: string
  readonly spec: GroupSpec
  readonly #host: WorkerHost
  readonly #workers = new Set<Worker>()
  readonly #idle: Worker[] = []
  readonly #fresh = new Map<Worker, { collector: LogCollector; ms: number }>()
  readonly #coming = new Set<Worker>()
  #waiters: Waiter[] = []
  #starting = 0
  #growTimer: NodeJS.Timeout | null = null
  /** The module opened files or started threads, so each child loads it. */
  #inChild = false

  constructor(key: string, spec: GroupSpec, host: WorkerHost) {
    this.key = key
    this.spec = spec
    this.#host = host
  }

  get environmentId(): string | null {
    return this.spec.environment?.id ?? null
  }

  get isEmpty(): boolean {
    return this.#workers.size + this.#starting + this.#waiters.length === 0
  }

  get busy(): number {
    return this.#starting + this.#workers.size - this.#idle.length
  }

  get size(): number {
    return this.#starting + this.#workers.size
  }

  get starting(): number {
    return this.#starting
  }

  get inUse(): readonly Worker[] {
    return [...this.#workers].filter((worker) => !this.#idle.includes(worker))
  }

  /** By `performance.now()`. */
  get waitingSince(): number | null {
    return this.#waiters[0]?.since ?? null
  }

  acquire(timeoutMs: number, signal?: CancelSignal): Promise<Lease | LeaseFailure> {
    const worker = this.#idle.pop()
    if (worker !== undefined) return Promise.resolve(this.#lease(worker))
    return new Promise((resolve) => {
      const waiter = { since: performance.now(), timeoutMs, resolve }
      this.#waiters.push(waiter)
      signal?.addEventListener(
        'abort',
        guarded(() => this.#giveUp(waiter)),
        { once: true },
      )
      this.grow()
    })
  }

  refuse(failure: Failure): void {
    this.#refuseAll({ failure, collector: null, loadMs: 0 })
  }

  offer(worker: Worker): void {
    if (!worker.isIdle) return
    this.#coming.delete(worker)
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
    this.#coming.delete(worker)
    const index = this.#idle.indexOf(worker)
    if (index !== -1) this.#idle.splice(index, 1)
    this.grow()
    if (this.isEmpty) this.#host.onEmpty(this)
  }

  grow(): void {
    if (this.#waiters.length === 0) return
    if (this.#workers.size + this.#starting === 0) this.#start()
    else this.#growTimer ??= guarded.setTimeout(() => this.#growNow(), this.#growAfterMs)
  }

  get #growAfterMs(): number {
    if (languageOf(this.spec.runtime) !== 'javascript') return GROW_AFTER_MS
    return this.#starting === 0 && this.size < BUSY_SIZE ? GROW_AFTER_MS : GROW_SCRIPTS_AFTER_MS
  }

  #growNow(): void {
    this.#growTimer = null
    const before = performance.now() - this.#growAfterMs
    const late = this.#waiters.filter(({ since }) => since <= before).length
    const wanted = Math.min(late, MAX_STARTING)
    for (let missing = wanted - this.#starting - this.#coming.size; missing > 0; missing -= 1) if (!this.#start()) break
    this.grow()
  }

  #start(): boolean {
    if (!this.#host.reserve(this)) return false
    this.#starting += 1
    const cause = this.#waiters[this.#starting - 1]
    const after = () => {
      this.#starting -= 1
      this.#host.unreserve()
      this.grow()
      if (this.isEmpty) this.#host.onEmpty(this)
    }
    guarded.start(() => this.#startWorker(cause).finally(after))
    return true
  }

  async #startWorker(cause: Waiter | undefined): Promise<void> {
    const collector = new LogCollector({ maxBytes: this.#host.logBytes })
    let worker: Worker
    try {
      worker = await this.#host.boot(this.spec)
    } catch (error) {
      const message = `The sandbox could not be started: ${reasonOf(error)}`
      return this.#refuseAll({ failure: { code: 'crashed', message }, collector: null, loadMs: 0 })
    }
    const inChild = this.#inChild
    const { message } = this.spec
    const timeoutMs = cause?.timeoutMs ?? 30_000
    const began = performance.now()
    const report = await worker.load(encodeLoad({ ...message, in_child: inChild }), { collector, timeoutMs })
    const loadMs = performance.now() - began
    if (report.type !== 'loaded') return this.#onLoadFailure(worker, report, { cause, collector, loadMs, timeoutMs })
    const slow = message.imports?.filter((name) => report.imports.includes(name)) ?? []
    if (slow.length > 0) this.#host.learn(this.spec, slow)
    if (!inChild) this.#host.noteObstacle(this.spec, report.obstacle)
    if (!report.forkable) {
      this.#inChild = true
      worker.kill('closed')
      return this.#startWorker(cause)
    }
    this.#workers.add(worker)
    this.#coming.add(worker)
    if (!inChild) this.#fresh.set(worker, { collector, ms: loadMs })
    this.#host.adopt(worker, this)
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
    const { memory: memoryBytes, source, files } = this.spec.message
    const leaseFailure = {
      failure: describeLoadFailure(report, { timeoutMs, memoryBytes, source, files }),
      collector,
      loadMs,
    }
    // A hung or crashed module may load the next time.
    if (report.type === 'load_error') {
      this.#refuseAll(leaseFailure)
      return
    }
    const unlucky = cause !== undefined && this.#waiters.includes(cause) ? cause : this.#waiters[0]
    this.#waiters = this.#waiters.filter((waiter) => waiter !== unlucky)
    unlucky?.resolve(leaseFailure)
  }

  #refuseAll(leaseFailure: LeaseFailure): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const [index, { resolve }] of waiters.entries()) {
      resolve(index === 0 ? leaseFailure : { ...leaseFailure, collector: null, loadMs: 0 })
    }
  }

  #giveUp(waiter: Waiter): void {
    if (!this.#waiters.includes(waiter)) return
    this.#waiters = this.#waiters.filter((other) => other !== waiter)
    waiter.resolve({
      failure: CANCELLED,
      collector: null,
      loadMs: 0,
    })
    if (this.isEmpty) this.#host.onEmpty(this)
  }

  #lease(worker: Worker): Lease {
    const fresh = this.#fresh.get(worker)
    this.#fresh.delete(worker)
    return { worker, collector: fresh?.collector ?? null, loadMs: fresh?.ms ?? 0 }
  }

  get oldestIdle(): Worker | undefined {
    return this.#idle[0]
  }
}
