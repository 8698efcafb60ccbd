import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isObject } from '../../domain/json/is-object.ts'
import { NO_FILES } from '../../domain/modules/module-files.ts'
import { CallLog } from '../worker/calls.ts'
import type { Launcher, Log } from '../worker/launcher.ts'
import { LogCollector } from '../worker/log-collector.ts'
import { encodeLoad } from '../worker/reports.ts'
import type { Worker } from '../worker/worker.ts'

type Options = {
  readonly launcher: Launcher
  readonly runtime: string
  readonly runtimesDir: string
  readonly log: Log
}

const FORKS =
  'Each run in JavaScript is a fork of a process that has loaded its version, unless that would differ from a new process. Forks were tested since this start.'
const TIMEOUT_MS = 20_000
const MEMORY = 512 * 1024 * 1024
const NO_CALLS = { trace: null, propagate: false, record: false, answers: 0 }
const REQUEST = { method: 'POST', url: '/', query: '', headers: [] }

/** Some machines cannot fork a loaded Node process. */
export class ForkTest {
  readonly #options: Options
  readonly #workers: Worker[] = []
  #passed: Promise<boolean> | null = null
  #isClosed = false
  #note = 'Whether runs in JavaScript can be forks of a loaded process is tested before the first of them.'

  /** `launcher` must start workers that fork. */
  constructor(options: Options) {
    this.#options = options
  }

  get notes(): readonly string[] {
    return [this.#note]
  }

  /** Never rejects. */
  passed(): Promise<boolean> {
    this.#passed ??= this.#test()
    return this.#passed
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const worker of this.#workers) worker.kill('closed')
    await this.#passed
  }

  async #test(): Promise<boolean> {
    const problem = await this.#findProblem()
    this.#note = problem === null ? FORKS : withoutForks(problem)
    if (problem !== null && !this.#isClosed) this.#options.log.warn({ problem }, this.#note)
    return problem === null
  }

  async #findProblem(): Promise<string | null> {
    const { launcher, runtime, runtimesDir } = this.#options
    const ended = Promise.withResolvers<void>()
    const events = { onIdle: () => {}, onExit: () => ended.resolve() }
    try {
      const plan = { runtime, preload: [], environment: null }
      const worker = await launcher.boot(plan, events, (started) => this.#workers.push(started))
      return await askForks(worker, readFileSync(join(runtimesDir, 'node/fork/probe.js'), 'utf8'))
    } catch (error) {
      return `their test did not run (${error instanceof Error ? error.message : String(error)})`
    } finally {
      for (const worker of this.#workers) worker.kill('closed')
      if (this.#workers.length > 0) await ended.promise
    }
  }
}

export const withoutForks = (reason: string): string =>
  `Each run in JavaScript has a process of Node that was started anew, which takes longer than a fork, because ${reason}.`

async function askForks(worker: Worker, source: string): Promise<string | null> {
  const collector = new LogCollector({ maxBytes: 64 * 1024 })
  const limits = { collector, timeoutMs: TIMEOUT_MS }
  const message = { kind: 'catch', source, files: NO_FILES, memory: MEMORY, variables: {} }
  const loaded = await worker.load(encodeLoad({ ...message, reuse: false, in_child: false }), limits)
  if (loaded.type !== 'loaded') return 'their test did not load'
  if (loaded.obstacle !== null) return `a process cannot be forked here (${loaded.obstacle})`
  const header = { cpu_seconds: 60, workflow_id: 'probe', settings: 0, calls: NO_CALLS, request: REQUEST }
  const options = { ...limits, reuse: false, memoryBytes: MEMORY, calls: new CallLog() }
  const seen = new Set<unknown>()
  let values = 0
  for (let run = 0; run < 2; run += 1) {
    const { result } = await worker.run({ header, parts: [] }, options)
    const answer: unknown = result?.header.status === 'succeeded' ? JSON.parse(result.payload.toString()) : null
    if (!isObject(answer) || answer.works !== true || !Array.isArray(answer.distinct))
      return `a fork failed its test (${String(result?.header.message ?? 'no answer')})`
    for (const value of answer.distinct) seen.add(value)
    values += answer.distinct.length
  }
  return seen.size === values ? null : 'two forks drew the same random values'
}
