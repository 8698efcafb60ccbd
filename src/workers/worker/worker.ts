/** One live sandbox: it loads one version and serves one run at a time. What it says is hostile input. */

import type { ChildProcess } from 'node:child_process'
import type { Writable } from 'node:stream'
import { encodeFrame, type Frame, FrameReader } from './frames.ts'
import type { LogCollector } from './log-collector.ts'
import { RESULT_LIMITS } from './outcome.ts'
import { ignore, listen, whenQuiet } from './pipes.ts'
import { ProcessTree } from './process-tree.ts'
import {
  type ActiveRun,
  type JobMessage,
  type LoadMessage,
  type LoadReport,
  RUN_LIMITS,
  type RunOptions,
  type RunReport,
  readEnded,
  readLoadError,
  readLoaded,
  type StopReason,
} from './reports.ts'
import { LastLook } from './stack-dump.ts'

export type WorkerEvents = {
  /** Ready for a run. */
  onIdle(worker: Worker): void
  onExit(worker: Worker): void
  /** A process of it was asked where its threads stand. */
  onAsked?(pid: number): void
}

const CONTROL_LIMITS = { header: 256 * 1024, payload: 0 }
const LAST_WORDS_BYTES = 4096
/** After its main process ended, how long something else may hold its pipes open. */
const CLOSE_PATIENCE_MS = 5_000
const END_PATIENCE_MS = 250

export class Worker {
  readonly processes: ProcessTree
  readonly #events: WorkerEvents
  readonly #jobs: Writable
  readonly #results = new FrameReader(RESULT_LIMITS)
  readonly #control = new FrameReader(CONTROL_LIMITS)
  #collector: LogCollector | null = null
  #lastWords = ''
  #booting: { resolve: (problem: string | null) => void; timer: NodeJS.Timeout } | null = null
  #loading: { resolve: (report: LoadReport) => void; timer: NodeJS.Timeout } | null = null
  #run: ActiveRun | null = null
  #ready = false
  #retired = false
  #dismissed = false
  #closed = false
  #stop: StopReason | null = null
  #lastLook: LastLook | null = null
  #how = ''
  #bytesSeen = 0
  /** When the run under way began, by `performance.now()`; null: none is. */
  busySince: number | null = null
  /** What a run may hold, beyond what the template holds already. */
  memoryBytes = 0
  templateBytes = 0
  peakBytes = 0
  idleSince = 0

  /** `hasNamespaces`: whether all its processes end with the first. */
  constructor(child: ChildProcess, hasNamespaces: boolean, events: WorkerEvents) {
    this.processes = new ProcessTree(child.pid, hasNamespaces)
    this.#events = events
    const [jobs, stdout, stderr, results, control] = child.stdio
    this.#jobs = jobs as Writable
    this.#jobs.on('error', ignore)
    listen(stdout, (chunk) => this.#onOutput('stdout', chunk))
    listen(stderr, (chunk) => this.#onOutput('stderr', chunk))
    listen(results, (chunk) => this.#onResults(chunk))
    listen(control, (chunk) => this.#onControl(chunk))
    child.on('error', (error) => this.#onClose(error.message))
    child.on('exit', (code, signal) => {
      this.processes.forgetRoot()
      this.#how = signal === null ? `exit code ${code}` : `signal ${signal}`
      const patience = setTimeout(() => child.stdio.forEach((pipe) => void pipe?.destroy()), CLOSE_PATIENCE_MS).unref()
      child.once('close', () => clearTimeout(patience))
    })
    child.on('close', () => this.#onClose(this.#how))
  }

  get isAlive(): boolean {
    return !this.#closed && this.#stop === null && !this.#retired
  }

  get isIdle(): boolean {
    return this.isAlive && this.#ready && this.#run === null && this.#loading === null
  }

  /** Null once the program in it waits for a source; otherwise what went wrong. */
  booted(timeoutMs: number): Promise<string | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.kill('timeout'), timeoutMs)
      this.#booting = { resolve, timer }
      if (this.#closed) this.#finishBoot()
    })
  }

  /** Sends the source. Output of the module while it loads goes to the collector. */
  load(
    { source, ...message }: LoadMessage,
    { collector, timeoutMs }: { collector: LogCollector; timeoutMs: number },
  ): Promise<LoadReport> {
    return new Promise((resolve) => {
      this.#collector = collector
      this.memoryBytes = message.memory
      this.busySince = performance.now()
      this.#loading = { resolve, timer: setTimeout(() => this.#endAtLimit(), timeoutMs) }
      if (this.#closed) return this.#finishLoad({ type: 'died', ...this.#ending })
      this.#jobs.write(encodeFrame({ type: 'load', ...message, limits: RUN_LIMITS }, [Buffer.from(source)]))
    })
  }

  /** Hands a job over; resolves when no process of the run lives and all that it wrote has come. */
  run({ header, parts }: JobMessage, { collector, timeoutMs, reuse, memoryBytes }: RunOptions): Promise<RunReport> {
    return new Promise((resolve) => {
      this.#collector = collector
      this.#results.reset()
      this.busySince = performance.now()
      this.memoryBytes = memoryBytes
      this.peakBytes = 0
      if (!reuse) this.#ready = false
      const timer = setTimeout(() => this.#endAtLimit(), timeoutMs)
      this.#run = { reuse, resolve, timer, result: null, ended: null, draining: false }
      if (this.#closed) return this.#finishRun()
      this.#jobs.write(encodeFrame(header, parts))
    })
  }

  /** Takes no more runs: ends now, or when the run under way has. */
  dismiss(): void {
    if (this.#run === null && this.#loading === null) this.kill('closed')
    else this.#dismissed = true
  }

  /** Ends the sandbox and everything in it, at once. */
  kill(reason: StopReason): void {
    if (this.#closed) return
    this.#stop ??= reason
    this.processes.kill()
  }

  /** Host process ids of what runs the user's code. */
  listRunProcesses(): readonly number[] {
    return this.processes.listRun({ withTemplate: this.#loading !== null })
  }

  /** What came in time is read first, and counts. Nothing that comes later does, but where the threads stood. */
  #endAtLimit(): void {
    const [run, loading] = [this.#run, this.#loading]
    setImmediate(() => {
      if (this.#closed || this.#stop !== null || this.#run !== run || this.#loading !== loading) return
      // A result that is there counts if its process ends by itself and is quiet then, which it does at once or never.
      if (run?.result || run?.draining) run.timer = setTimeout(() => this.kill('timeout'), END_PATIENCE_MS)
      else this.#askWhereItStands()
    })
  }

  #askWhereItStands(): void {
    this.#stop = 'timeout'
    const pid = this.listRunProcesses()[0]
    this.#lastLook = new LastLook(pid, () => this.kill('timeout'))
    if (pid !== undefined) this.#events.onAsked?.(pid)
  }

  #onOutput(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this.#bytesSeen += chunk.length
    if (this.#collector !== null) this.#collector.push(stream, chunk)
    else if (this.#booting !== null)
      this.#lastWords = (this.#lastWords + chunk.toString('utf8')).slice(-LAST_WORDS_BYTES)
  }

  #onResults(chunk: Buffer): void {
    this.#bytesSeen += chunk.length
    const run = this.#run
    this.#lastLook?.push(chunk)
    // Bytes without a run, or after its result or its time limit, belong to nobody.
    if (run === null || run.result !== null || this.#lastLook !== null) return
    const frame = this.#results.push(chunk)[0]
    // A process that is kept does not end by itself after it wrote nonsense.
    if (this.#results.broken && run.reuse) this.kill('closed')
    if (frame === undefined) return
    run.result = frame
    if (!run.reuse) return
    if (frame.header.retire !== false) this.#retire()
    this.#drain(run)
  }

  #onControl(chunk: Buffer): void {
    for (const { header } of this.#control.push(chunk)) this.#onMessage(header)
    if (this.#control.broken) this.#retire()
  }

  #onMessage(header: Frame['header']): void {
    if (header.type === 'booted') this.#finishBoot(true)
    else if (header.type === 'loaded') this.#finishLoadSoon(readLoaded(header))
    else if (header.type === 'load_error') this.#finishLoadSoon(readLoadError(header))
    else if (header.type === 'ended') this.#onEnded(header)
    else if (header.type === 'retire') this.#retire()
    else if (header.type === 'ready') {
      this.#ready = true
      this.#offer()
    }
  }

  #onEnded(header: Frame['header']): void {
    const run = this.#run
    // A process that is kept for run after run ended: the sandbox goes with it.
    if (run === null || run.reuse) this.#retire()
    if (run === null || run.ended !== null) return
    run.ended = readEnded(header)
    this.#drain(run)
  }

  #drain(run: ActiveRun): void {
    if (run.draining) return
    run.draining = true
    whenQuiet(
      () => this.#bytesSeen,
      () => {
        if (this.#run === run) this.#finishRun()
      },
    )
  }

  #finishBoot(booted = false): void {
    const booting = this.#booting
    if (booting === null) return
    clearTimeout(booting.timer)
    this.#booting = null
    const words = this.#lastWords.trim()
    booting.resolve(booted ? null : `it ended with ${this.#how || 'no word'}${words === '' ? '' : `: ${words}`}`)
  }

  #finishLoadSoon(report: LoadReport): void {
    // As in `#drain`: output of the module may still be on its way.
    setImmediate(() => setImmediate(() => this.#finishLoad(report)))
  }

  #finishLoad(report: LoadReport): void {
    const loading = this.#loading
    if (loading === null) return
    clearTimeout(loading.timer)
    this.#loading = null
    this.#collector = null
    this.busySince = null
    if (report.type === 'loaded') this.templateBytes = this.processes.templateBytes
    loading.resolve(report)
    this.#offer()
  }

  #finishRun(): void {
    const run = this.#run
    if (run === null) return
    clearTimeout(run.timer)
    this.#run = null
    this.#collector = null
    this.busySince = null
    run.resolve({
      result: run.result,
      garbage: this.#results.broken,
      ended: run.ended,
      peak: Math.max(this.peakBytes, run.ended?.peak ?? 0),
      ...this.#ending,
    })
    this.#offer()
  }

  #offer(): void {
    if (this.#dismissed) this.kill('closed')
    if (this.isIdle) this.#events.onIdle(this)
  }

  #retire(): void {
    this.#retired = true
    // A run that still drains gets its answer first; without one, at once.
    setImmediate(() => (this.#run?.draining ? this.#retire() : this.kill('closed')))
  }

  get #ending(): Pick<RunReport, 'stop' | 'how' | 'stacks'> {
    return { stop: this.#stop, how: this.#how, stacks: this.#lastLook?.text ?? '' }
  }

  #onClose(how: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#how = how
    if (this.processes.leave().ranOutOfMemory) this.#stop ??= 'memory'
    this.#lastLook?.close()
    this.#finishBoot()
    this.#finishLoad({ type: 'died', ...this.#ending })
    this.#finishRun()
    this.#events.onExit(this)
  }
}
