/** Serves one run at a time. All output of the sandbox is untrusted. */

import { guard } from '../../guard.ts'
import type { SandboxProcess } from '../sandbox/process/sandbox-process.ts'
import { describeBootFailure } from './failures.ts'
import { encodeFrame, type Frame, FrameReader } from './frames.ts'
import { RESULT_LIMITS } from './outcome.ts'
import { readPipe, whenQuiet } from './pipes.ts'
import { ProcessTree, type TreeTraits } from './process-tree.ts'
import {
  type ActiveRun,
  type JobMessage,
  type LoadOptions,
  type LoadOrder,
  type LoadReport,
  type RunOptions,
  type RunReport,
  readEnded,
  readLoadError,
  readLoaded,
  type StopReason,
} from './reports.ts'
import { StackDump } from './stack-dump.ts'
import { type Ending, type Exit, endingOf, findRun, findWork, type State } from './state.ts'
import { answerCall, asks } from './steps.ts'

export type WorkerEvents = {
  onIdle(worker: Worker): void
  onExit(worker: Worker): void
  onStackDump?(pid: number): void
}

const CONTROL_LIMITS = { header: 256 * 1024, payload: 0 }
const BOOT_OUTPUT_LENGTH = 4096
const END_PATIENCE_MS = 250
/** Only a run that forges frames leaves more bytes of answers unread. */
const MAX_UNREAD = 1024 * 1024

export class Worker {
  readonly id: string
  readonly processes: ProcessTree
  readonly #events: WorkerEvents
  readonly #guarded = guard('a worker', () => this.kill('closed'))
  readonly #jobs: SandboxProcess['pipes']['jobs']
  readonly #results = new FrameReader(RESULT_LIMITS)
  readonly #control = new FrameReader(CONTROL_LIMITS)
  #state: State = { name: 'booting', boot: { output: '', timer: null, resolve: null } }
  #exit: Exit = { name: 'none' }
  /** A child may be ready before the previous run's report. */
  #hasChild = false
  #bytesSeen = 0
  memoryBytes = 0
  idleBytes = 0
  peakBytes = 0
  idleSince = 0

  constructor(started: SandboxProcess, traits: TreeTraits, events: WorkerEvents) {
    this.id = started.id
    this.processes = new ProcessTree(started.root, traits)
    this.#events = events
    const { jobs, stdout, stderr, results, control } = started.pipes
    this.#jobs = jobs.on('error', () => {})
    readPipe(stdout, this.#guarded, (chunk) => this.#onOutput('stdout', chunk))
    readPipe(stderr, this.#guarded, (chunk) => this.#onOutput('stderr', chunk))
    readPipe(results, this.#guarded, (chunk) => this.#onResults(chunk))
    readPipe(control, this.#guarded, (chunk) => this.#onControl(chunk))
    started.onPipeEnd(() => this.#guarded.setTimeout(() => this.#retire(), END_PATIENCE_MS).unref())
    started.onExit((status) => {
      this.processes.forgetRoot()
      started.onClose(() => this.#close(status))
    })
  }

  get isAlive(): boolean {
    return this.#state.name !== 'closed' && (this.#exit.name === 'none' || this.#exit.name === 'dismissed')
  }

  get isIdle(): boolean {
    return this.isAlive && this.#hasChild && this.#state.name === 'idle'
  }

  get busySince(): number | null {
    return findWork(this.#state)?.since ?? null
  }

  booted(timeoutMs: number): Promise<string | null> {
    return new Promise((resolve) => {
      if (this.#state.name === 'closed') return resolve(describeBootFailure(this.#state.ending.how, ''))
      if (this.#state.name !== 'booting') return resolve(null)
      this.#state.boot.resolve = resolve
      this.#state.boot.timer = this.#guarded.setTimeout(() => this.kill('timeout'), timeoutMs)
    })
  }

  load({ frame, memory }: LoadOrder, { collector, timeoutMs }: LoadOptions): Promise<LoadReport> {
    return new Promise((resolve) => {
      if (this.#state.name === 'closed') return resolve({ type: 'died', ...this.#state.ending })
      this.memoryBytes = memory
      this.processes.allow(memory)
      const timer = this.#guarded.setTimeout(() => this.#onTimeLimit(), timeoutMs)
      this.#state = { name: 'loading', load: { since: performance.now(), collector, timer, resolve } }
      this.#jobs.write(frame)
    })
  }

  run({ header, parts }: JobMessage, options: RunOptions): Promise<RunReport> {
    const { collector, timeoutMs, reuse, memoryBytes, onResult, calls, server } = options
    return new Promise((resolve) => {
      this.#results.reset()
      this.memoryBytes = memoryBytes
      this.peakBytes = 0
      if (!reuse) this.#hasChild = false
      const since = performance.now()
      const timer = this.#guarded.setTimeout(() => this.#onTimeLimit(), timeoutMs)
      const ways = { collector, resolve, onResult, calls, server }
      const counts = { steps: 0, tokens: 0, isStoring: false }
      const run: ActiveRun = { ...ways, ...counts, since, reuse, timer, result: null, ended: null }
      if (this.#state.name === 'closed') return this.#report(run, this.#state.ending)
      this.#state = { name: 'running', run }
      this.#jobs.write(encodeFrame(header, parts))
    })
  }

  dismiss(): void {
    if (findWork(this.#state) === null) this.kill('closed')
    else if (this.#exit.name === 'none') this.#exit = { name: 'dismissed' }
  }

  kill(reason: StopReason): void {
    if (this.#state.name === 'closed') return
    if (this.#exit.name !== 'stopped') this.#exit = { name: 'stopped', reason, dump: null }
    this.processes.kill()
  }

  listRunProcesses(): readonly number[] {
    return this.processes.listRun({ withTemplate: this.#state.name === 'loading' })
  }

  /** Later input counts only as stacks. */
  #onTimeLimit(): void {
    const work = findWork(this.#state)
    this.#guarded.setImmediate(() => {
      if (work === null || findWork(this.#state) !== work || this.#exit.name === 'stopped') return
      const run = findRun(this.#state)
      // A result in time counts if its process ends by itself, immediately.
      const isOver = run?.result || this.#state.name === 'draining'
      if (run !== null && isOver) run.timer = this.#guarded.setTimeout(() => this.kill('timeout'), END_PATIENCE_MS)
      else this.#askForStacks()
    })
  }

  #askForStacks(): void {
    const pid = this.processes.traits.isNode ? this.processes.template : this.listRunProcesses()[0]
    this.#exit = { name: 'stopped', reason: 'timeout', dump: new StackDump(pid, () => this.kill('timeout')) }
    if (pid !== undefined) this.#events.onStackDump?.(pid)
  }

  #onOutput(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this.#bytesSeen += chunk.length
    if (this.processes.traits.isNode && this.#exit.name === 'stopped') return
    findWork(this.#state)?.collector.push(stream, chunk)
    if (this.#state.name !== 'booting') return
    this.#state.boot.output = (this.#state.boot.output + chunk.toString('utf8')).slice(-BOOT_OUTPUT_LENGTH)
  }

  #onResults(chunk: Buffer): void {
    this.#bytesSeen += chunk.length
    const dump = this.#exit.name === 'stopped' ? this.#exit.dump : null
    dump?.push(chunk)
    const run = findRun(this.#state)
    if (run === null || run.result !== null || dump !== null) return
    const frames = this.#results.push(chunk)
    const frame = frames.find((one) => one.header.type !== 'call' && !asks(run, one))
    if (frames.some((one) => one.header.type === 'call' && !run.calls.add(one))) this.kill('closed')
    const isCurrent = () => findRun(this.#state) === run && run.result === null
    const end = () => this.kill('closed')
    const answer = (data: Buffer) => (this.#jobs.writableLength > MAX_UNREAD ? end() : this.#jobs.write(data))
    for (const one of frames)
      if (asks(run, one)) this.#guarded.start(() => answerCall(run, one, { isCurrent, answer, end }))
    // A reused process does not end by itself after invalid output.
    if (this.#results.broken && run.reuse) this.kill('closed')
    if (frame === undefined) return
    run.result = frame
    if (!run.reuse && run.onResult) this.#whenQuiet(run, () => run.onResult?.(frame))
    if (!run.reuse) return
    if (frame.header.retire !== false) this.#retire()
    this.#drain(run)
  }

  #onControl(chunk: Buffer): void {
    for (const { header } of this.#control.push(chunk)) this.#onMessage(header)
    if (this.#control.broken) this.#retire()
  }

  #onMessage(header: Frame['header']): void {
    if (header.type === 'booted') this.#finishBoot()
    else if (header.type === 'loaded' || header.type === 'imported') this.#finishLoadSoon(readLoaded(header))
    else if (header.type === 'load_error') this.#finishLoadSoon(readLoadError(header))
    else if (header.type === 'ended') this.#onEnded(header)
    else if (header.type === 'retire') this.#retire()
    else if (header.type === 'ready') {
      this.#hasChild = true
      this.#offer()
    }
  }

  #onEnded(header: Frame['header']): void {
    const run = findRun(this.#state)
    // A reused process takes its sandbox with it.
    if (run === null || run.reuse) this.#retire()
    if (run === null || run.ended !== null) return
    run.ended = readEnded(header)
    const shortage = this.processes.findShortage(run.ended.signal)
    if (shortage === null) this.#drain(run)
    else this.kill(shortage)
  }

  #drain(run: ActiveRun): void {
    if (this.#state.name === 'draining') return
    this.#state = { name: 'draining', run }
    this.#whenQuiet(run, () => this.#finishRun(run))
  }

  #whenQuiet(run: ActiveRun, done: () => void): void {
    const ifCurrent = () => findRun(this.#state) === run && done()
    whenQuiet(() => this.#bytesSeen, this.#guarded, ifCurrent)
  }

  #finishBoot(): void {
    if (this.#state.name !== 'booting') return
    const { timer, resolve } = this.#state.boot
    if (timer !== null) clearTimeout(timer)
    this.#state = { name: 'idle' }
    resolve?.(null)
  }

  #finishLoadSoon(report: LoadReport): void {
    // As in `#drain`.
    this.#guarded.setImmediate(() => this.#guarded.setImmediate(() => this.#finishLoad(report)))
  }

  #finishLoad(report: LoadReport): void {
    if (this.#state.name !== 'loading') return
    const { timer, resolve } = this.#state.load
    clearTimeout(timer)
    this.#state = { name: 'idle' }
    if (report.type === 'loaded') this.idleBytes = this.processes.idleBytes
    resolve(report)
    this.#offer()
  }

  #finishRun(run: ActiveRun): void {
    // Something of the module may have ended the child before it read its job. The next child would read that job.
    if (run.result === null) this.#retire()
    this.#state = { name: 'idle' }
    this.#report(run, endingOf(this.#exit, ''))
    this.#offer()
  }

  #report(run: ActiveRun, ending: Ending): void {
    clearTimeout(run.timer)
    const peak = Math.max(this.peakBytes, run.ended?.peak ?? 0)
    run.resolve({ result: run.result, garbage: this.#results.broken, ended: run.ended, peak, ...ending })
  }

  #offer(): void {
    if (this.#exit.name === 'dismissed' && findWork(this.#state) === null) this.kill('closed')
    if (this.isIdle) this.#events.onIdle(this)
  }

  #retire(): void {
    if (this.#exit.name !== 'stopped') this.#exit = { name: 'retiring' }
    // A draining run gets its report first.
    this.#guarded.setImmediate(() => (this.#state.name === 'draining' ? this.#retire() : this.kill('closed')))
  }

  #close(how: string): void {
    const before = this.#state
    if (before.name === 'closed') return
    const reason = this.processes.leave(how)
    if (reason !== null && this.#exit.name !== 'stopped') this.#exit = { name: 'stopped', reason, dump: null }
    if (this.#exit.name === 'stopped') this.#exit.dump?.close()
    const ending = endingOf(this.#exit, how)
    this.#state = { name: 'closed', ending }
    if (before.name === 'booting') {
      if (before.boot.timer !== null) clearTimeout(before.boot.timer)
      before.boot.resolve?.(describeBootFailure(how, before.boot.output))
    } else if (before.name === 'loading') {
      clearTimeout(before.load.timer)
      before.load.resolve({ type: 'died', ...ending })
    } else if (before.name !== 'idle') this.#report(before.run, ending)
    this.#events.onExit(this)
  }
}
