import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isObject } from '../../domain/json/is-object.ts'
import { reasonOf } from '../../errors.ts'
import type { Launcher, Log } from '../worker/launcher.ts'
import type { Worker } from '../worker/worker.ts'
import { loadTest } from './test-program.ts'

type Options = {
  readonly launcher: Launcher
  readonly runtime: string
  readonly runtimesDir: string
  readonly log: Log
}

const FORKS =
  'Each run in JavaScript is a fork of a process that has loaded its version, unless that would differ from a new process. Forks were tested since this start.'

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
      return `their test did not run (${reasonOf(error)})`
    } finally {
      for (const worker of this.#workers) worker.kill('closed')
      if (this.#workers.length > 0) await ended.promise
    }
  }
}

export const withoutForks = (reason: string): string =>
  `Each run in JavaScript has a process of Node that was started anew, which takes longer than a fork, because ${reason}.`

async function askForks(worker: Worker, source: string): Promise<string | null> {
  const { loaded, ask } = await loadTest(worker, source, false)
  if (loaded.type !== 'loaded') return 'their test did not load'
  if (loaded.obstacle !== null) return `a process cannot be forked here (${loaded.obstacle})`
  const seen = new Set<unknown>()
  let values = 0
  for (let run = 0; run < 2; run += 1) {
    const { answer, problem } = await ask({})
    if (!isObject(answer) || answer.works !== true || !Array.isArray(answer.distinct))
      return `a fork failed its test (${problem || 'no answer'})`
    for (const value of answer.distinct) seen.add(value)
    values += answer.distinct.length
  }
  return seen.size === values ? null : 'two forks drew the same random values'
}
