import { LRUCache } from 'lru-cache'
import type { Obstacle } from '../../domain/runs/obstacle.ts'
import type { Job, Outcome } from '../../domain/runs/run.ts'
import type { CancelSignal } from '../../domain/shared/cancellation.ts'
import type { EgressRule } from '../../domain/shared/egress.ts'
import { LIMITS } from '../../domain/workflows/workflow.ts'
import { guard } from '../../guard.ts'
import type { Interpreter, Runtime } from '../sandbox/machine/interpreters.ts'
import { CallLog } from '../worker/calls.ts'
import type { Frame } from '../worker/frames.ts'
import type { BootPlan } from '../worker/launcher.ts'
import { LogCollector } from '../worker/log-collector.ts'
import { failed } from '../worker/outcome.ts'
import type { RunOptions, RunReport } from '../worker/reports.ts'
import type { Worker, WorkerEvents } from '../worker/worker.ts'
import { Admission } from './admission.ts'
import { Group, type GroupSpec, type Lease, type LeaseFailure, type WorkerHost } from './group.ts'
import { toMessage, toSpec } from './job-message.ts'
import { heldBy, MemoryWatch } from './memory-watch.ts'
import type { WorkerPoolOptions } from './options.ts'
import { CANCELLED, CLOSED, type Rest, readFinal, round, toLoadResult, toOutcome } from './outcomes.ts'
import type { LoadJob, LoadResult, Pool, SandboxState } from './pool.ts'
import { SpareWorkers } from './spare-workers.ts'

const guarded = guard('the pool')

const LOAD_TIMEOUT_MS = 30_000
const MAX_OBSTACLES = 10_000

export class WorkerPool implements Pool, WorkerHost {
  readonly sandbox: SandboxState
  readonly logBytes = LIMITS.logBytes
  readonly #options: WorkerPoolOptions
  readonly #groups = new Map<string, Group>()
  readonly #owners = new Map<Worker, Group>()
  readonly #alive = new Set<Worker>()
  readonly #spares: SpareWorkers
  readonly #memory = new MemoryWatch(() => this.#alive)
  readonly #obstacles = new LRUCache<string, Obstacle>({ max: MAX_OBSTACLES })
  readonly #reaper: NodeJS.Timeout
  readonly #events: WorkerEvents = {
    onIdle: (worker) => this.#onIdle(worker),
    onExit: (worker) => this.#onExit(worker),
    onStackDump: (pid) => this.#options.launcher.sandbox.interrupt(pid),
  }
  readonly #admission: Admission
  #closing: (() => void) | null = null

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.sandbox = options.state
    this.#spares = new SpareWorkers({
      boot: (plan) => this.#boot(plan),
      keep: options.spares,
      presets: () => options.launcher.presets,
      onImport: () => this.#memory.wake(),
      log: options.log,
    })
    this.#admission = new Admission({
      ...options,
      groups: () => this.#groups.values(),
      count: () => this.#owners.size,
      heldBy,
      dismiss: (worker) => this.#dismiss(worker),
    })
    this.#reaper = guarded.setInterval(() => this.#reap(), options.reapMs).unref()
  }

  async execute(job: Job): Promise<Outcome> {
    const queued = performance.now()
    if (job.signal?.aborted) return failed(CANCELLED, { logs: [], timing: {} })
    const answer = await this.#acquire(job, job.timeoutMs, job.signal)
    const mark = job.steps?.mark ?? null
    // An earlier part has logged the load.
    const collector = (mark === null ? answer.collector : null) ?? new LogCollector({ maxBytes: LIMITS.logBytes })
    if (mark !== null) collector.skipTo(mark)
    if (job.onLog !== undefined) collector.listen(job.onLog)
    const start = round(performance.now() - queued - answer.loadMs)
    if ('failure' in answer) {
      return failed(answer.failure, { logs: collector.close(), timing: { start, load: round(answer.loadMs) } })
    }
    const outcome = await this.#runToResult(job, answer, { collector, start })
    this.#admission.learn(job.workflowId, outcome.peakMemoryBytes)
    return outcome
  }

  #runToResult(
    job: Job,
    lease: Lease,
    { collector, start }: { collector: LogCollector; start: number },
  ): Promise<Outcome> {
    const began = performance.now()
    const { sandbox } = this.#options.launcher
    const calls = new CallLog()
    const rest = (): Rest => {
      const timing = { start, load: round(lease.loadMs), run: round(performance.now() - began) }
      const blocked = sandbox.takeBlocked(lease.worker)
      if (blocked.length > 0) this.#options.report({ kind: 'egress_refused', count: blocked.length })
      const refused = sandbox.takeRefused(lease.worker)
      return { logs: collector.close(), timing, blocked, calls: [...calls.calls, ...refused] }
    }
    return new Promise((resolve, reject) => {
      const running = this.#run(job, lease, { collector, calls, server: job.steps }, (result) => {
        const outcome = job.onResult && readFinal(result, rest)
        if (!outcome) return
        job.onResult?.(running.then(() => {}))
        resolve(outcome)
      })
      running.then((report) => resolve(toOutcome(job, report, rest()))).catch(reject)
    })
  }

  async load(job: LoadJob): Promise<LoadResult> {
    const answer = await this.#acquire(job, LOAD_TIMEOUT_MS)
    if ('failure' in answer) return toLoadResult(answer.failure)
    this.#onIdle(answer.worker)
    return { ok: true }
  }

  listRuntimes = (): readonly Runtime[] => this.#options.launcher.listRuntimes()

  discoverRuntimes = (): Promise<void> => this.#options.launcher.discoverRuntimes()

  findInterpreter = (runtime: string): Interpreter | null => this.#options.launcher.findInterpreter(runtime)

  obstacleOf = (versionKey: string): Obstacle | null => this.#obstacles.get(versionKey) ?? null

  releaseEnvironment(id: string): boolean {
    this.#spares.release(id)
    for (const [worker, group] of [...this.#owners])
      if (group.environmentId === id && worker.isIdle) this.#dismiss(worker)
    return ![...this.#groups.values()].some((group) => group.environmentId === id)
  }

  get freeMemory(): number | null {
    return this.#options.machine.read()?.free ?? null
  }

  get size(): Pool['size'] {
    return { workers: this.#owners.size, limit: this.#options.maxWorkers, spares: this.#spares.size }
  }

  renew(): void {
    for (const worker of [...this.#alive]) worker.dismiss()
    this.#spares.renew()
  }

  async close(): Promise<void> {
    clearInterval(this.#reaper)
    const ended = new Promise<void>((resolve) => {
      this.#closing = resolve
    })
    const spares = this.#spares.close()
    for (const worker of this.#alive) worker.kill('closed')
    for (const group of [...this.#groups.values()]) group.refuse(CLOSED)
    this.#admission.close()
    await spares
    if (!this.#isEmpty) await ended
    this.#memory.close()
    await this.#options.launcher.close()
  }

  reserve(group: Group): boolean {
    if (this.#closing !== null) return false
    return this.#admission.reserve(group)
  }

  unreserve(): void {
    this.#admission.unreserve()
    this.#settle()
  }

  async boot({ runtime, environment, workflowId, egress, message }: GroupSpec): Promise<Worker> {
    const { launcher } = this.#options
    const worker = await this.#spares.take(launcher.planFor(runtime, environment, message), message.imports ?? [])
    this.#memory.wake()
    await launcher.sandbox.assign(worker, workflowId, egress, message.outbound)
    return worker
  }

  learn({ runtime, environment, message }: GroupSpec, modules: readonly string[]): void {
    this.#spares.learn(this.#options.launcher.planFor(runtime, environment, message), modules)
  }

  noteObstacle({ versionKey }: GroupSpec, obstacle: Obstacle | null): void {
    this.#obstacles.set(versionKey, obstacle ?? undefined)
  }

  async #boot(plan: BootPlan): Promise<Worker> {
    const { launcher, report } = this.#options
    const onStarted = (started: Worker) => this.#alive.add(started)
    const worker = await launcher.boot(plan, this.#events, onStarted).catch((error: unknown) => {
      if (this.#closing === null) report({ kind: 'sandbox_failed' })
      throw error
    })
    if (this.#closing !== null) worker.kill('closed')
    return worker
  }

  adopt(worker: Worker, group: Group): void {
    this.#owners.set(worker, group)
    if (this.#closing !== null) worker.kill('closed')
  }

  onEmpty(group: Group): void {
    if (this.#groups.get(group.key) === group) this.#groups.delete(group.key)
  }

  async #acquire(job: LoadJob, timeoutMs: number, signal?: CancelSignal): Promise<Lease | LeaseFailure> {
    if (this.#closing !== null) return { failure: CLOSED, collector: null, loadMs: 0 }
    return this.#groupOf(job).acquire(timeoutMs, signal)
  }

  async #run(
    job: Job,
    { worker, loadMs }: Lease,
    notes: Pick<RunOptions, 'collector' | 'calls' | 'server'>,
    onResult: (result: Frame) => void,
  ): Promise<RunReport> {
    const cancel = guarded(() => worker.kill('cancelled'))
    job.signal?.addEventListener('abort', cancel, { once: true })
    this.#memory.wake()
    const timeoutMs = Math.max(1, job.timeoutMs - loadMs)
    const running = worker.run(toMessage(job), {
      ...notes,
      timeoutMs,
      reuse: job.isolation === 'reuse',
      memoryBytes: job.memoryBytes,
      ...(job.onResult && { onResult }),
    })
    if (job.signal?.aborted) cancel()
    const report = await running
    job.signal?.removeEventListener('abort', cancel)
    if (report.stop === 'machine_memory') this.#noteKilled(job)
    return report
  }

  #noteKilled({ workflowId, runId }: Job): void {
    this.#options.report({ kind: 'memory_kill' })
    this.#options.log.warn({ workflow: workflowId, run: runId }, 'the kernel ended a run, as memory ran out')
  }

  #groupOf(job: LoadJob): Group {
    const { workflowId, versionKey, kind, runtime, environment, isolation, memoryBytes, egress } = job
    const { variables, outbound = 'live' } = job
    const parts = [versionKey, runtime, environment?.id, isolation, kind, memoryBytes, egress, variables, outbound]
    const key = JSON.stringify(parts)
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    this.#endOtherEgress(workflowId, egress)
    const group = new Group(key, toSpec(job), this)
    this.#groups.set(key, group)
    return group
  }

  /** Open connections keep an outdated rule. */
  #endOtherEgress(workflowId: string, egress: EgressRule): void {
    const rule = JSON.stringify(egress)
    for (const [worker, { spec }] of this.#owners) {
      if (spec.workflowId === workflowId && JSON.stringify(spec.egress) !== rule) worker.dismiss()
    }
  }

  #onIdle(worker: Worker): void {
    this.#owners.get(worker)?.offer(worker)
    this.#admission.retry()
  }

  #onExit(worker: Worker): void {
    this.#alive.delete(worker)
    const group = this.#owners.get(worker)
    this.#owners.delete(worker)
    group?.remove(worker)
    this.#settle()
  }

  #settle(): void {
    this.#admission.retry()
    if (this.#isEmpty) this.#closing?.()
  }

  get #isEmpty(): boolean {
    return this.#alive.size === 0 && this.#admission.reserved === 0
  }

  #dismiss(worker: Worker): void {
    const group = this.#owners.get(worker)
    this.#owners.delete(worker)
    group?.remove(worker)
    worker.kill('closed')
  }

  #reap(): void {
    this.#spares.reap()
    this.#options.lookForKills()
    const before = performance.now() - this.#options.idleMs
    for (const worker of [...this.#owners.keys()]) if (worker.isIdle && worker.idleSince < before) this.#dismiss(worker)
  }
}
