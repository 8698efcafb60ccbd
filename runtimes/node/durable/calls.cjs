'use strict'

/** As in function/durable.py. */

const { describeThrown } = require('../failures.cjs')
const { InvalidSettings } = require('../settings.cjs')
const { show } = require('./durations.cjs')

const MAX_NAME = 200
const MAX_CALLS = 1000
const MAX_CONCURRENT = 64
const MAX_RESULT_BYTES = 1024 * 1024
const MAX_TOTAL_BYTES = 16 * 1024 * 1024
/** How long a new call waits for concurrent stored calls. */
const OTHERS_MS = 1000
const TURN_MS = 5

const { parse } = JSON
const { byteLength } = Buffer
const { setImmediate, setTimeout } = globalThis
const clock = () => Number(process.hrtime.bigint()) / 1e6

const CALLS = { event: 'waitFor', task: 'ask' }
const NOUNS = { event: 'wait' }
/** As its author wrote it: `step('charge')`. */
const describeKey = ([kind, name, number]) =>
  `${CALLS[kind] ?? kind}(${show(name)})${number === 1 ? '' : ` (use ${number})`}`

const pauseFor = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const forever = () => new Promise(() => {})
const idOf = (kind, name, number) => JSON.stringify([kind, name, number])

const isName = (name) =>
  typeof name === 'string' && name.length > 0 && [...name.slice(0, 2 * MAX_NAME + 1)].length <= MAX_NAME

class Key {
  constructor(kind, name, number, at) {
    Object.assign(this, { kind, name, number, at, parts: [kind, name, number], id: idOf(kind, name, number) })
  }

  toString() {
    return describeKey(this.parts)
  }
}

/** `stored` are [kind, name, number, status, until, attempts, logged, json]. `channel` has `store`, `endPart` and `unmute`. */
class Calls {
  #stored = new Map()
  /** Stored calls not reached yet, with their lines in `logged`. */
  #unasked = new Map()
  #tries = new Map()
  #used = new Map()
  #decided = new Map()
  #running = new Set()
  /** Unfinished calls of `run`. */
  #called = new Set()
  #waits = []
  #mark = null
  #bytes = 0
  #logged = 0
  #calls = 0
  #storing = Promise.resolve()

  constructor(options, stored, settings, channel) {
    Object.assign(this, { options, key: options.key, skipsWaits: options.skip_waits, settings, channel })
    for (const entry of stored) this.#take(...entry)
  }

  #take(kind, name, number, status, until, attempts, logged, text) {
    this.#logged += logged
    this.#bytes += byteLength(text ?? '')
    if (kind === 'retry') {
      const told = parse(text)
      const id = idOf('step', name, told.step)
      this.#tries.set(id, [...(this.#tries.get(id) ?? []), { attempts: told.attempts, logged }])
      this.#use('retry', name)
      return
    }
    const id = idOf(kind, name, number)
    this.#stored.set(id, { status, until, attempts, text })
    // The function may need only some answers of a test.
    if (!this.skipsWaits || logged) this.#unasked.set(id, logged)
  }

  /**
   * Returns the number of this use of `decide`, and the name of its task or null. Stored calls decide: the workflow may
   * have changed since.
   */
  beginDecision(name, outcome, at) {
    this.assertName('decision', name, at)
    const number = (this.#decided.get(name) ?? 0) + 1
    this.#decided.set(name, number)
    const task = number === 1 ? name : `${name} ${number}`
    if (this.#stored.has(idOf('task', task, 1))) return { number, task }
    const isStored = this.#stored.has(idOf('step', name, (this.#used.get(idOf('step', name, 0)) ?? 0) + 1))
    const isOverseen = this.options.overseen?.outcomes.includes(outcome) === true
    return { number, task: isOverseen && !isStored ? task : null }
  }

  get isBusy() {
    return this.#running.size > 0
  }

  isUsed(kind, name) {
    return this.#used.has(idOf(kind, name, 0))
  }

  #use(kind, name) {
    const id = idOf(kind, name, 0)
    const number = (this.#used.get(id) ?? 0) + 1
    this.#used.set(id, number)
    this.#calls += 1
    return number
  }

  /** Returns the next call's key and stored entry, or undefined. */
  begin(kind, name) {
    const at = new Error('')
    this.assertName(kind, name, at)
    if (this.#running.has(idOf(kind, name, 0)) || this.#called.has(idOf(kind, name, 0)))
      this.fail(
        at,
        'invalid_step',
        `The function called ${kind}(${show(name)}) twice at the same time. Concurrent calls need different names`,
      )
    const key = new Key(kind, name, this.#use(kind, name), at)
    const entry = this.#ask(key)
    if (entry === undefined) this.#beginNew(key)
    if (kind === 'run' && (entry?.status ?? 'waiting') === 'waiting') this.#called.add(idOf(kind, name, 0))
    return { key, entry }
  }

  assertName(kind, name, at = new Error('')) {
    if (isName(name)) return
    const code = kind === 'decision' ? 'invalid_decision' : 'invalid_step'
    const noun = NOUNS[kind] ?? kind
    this.fail(at, code, `The name of a ${noun} must be a text of 1 to ${MAX_NAME} characters, found ${show(name)}`)
  }

  #beginNew(key) {
    if (this.#calls > MAX_CALLS)
      this.fail(key.at, 'invalid_step', `A run may have ${MAX_CALLS} steps and waits; ${key} would be one more`)
    if (key.kind !== 'step') return
    if (this.#running.size >= MAX_CONCURRENT)
      this.fail(key.at, 'invalid_step', `At most ${MAX_CONCURRENT} steps may run at the same time`)
    if (this.#running.size === 0) this.#mark = this.settings.mark()
    this.#running.add(idOf(key.kind, key.name, 0))
  }

  #ask(key) {
    const logged = [this.#unasked.get(key.id), ...this.triesOf(key).map((one) => one.logged)]
    this.#unasked.delete(key.id)
    for (const count of logged) this.#unlog(count ?? 0)
    return this.#stored.get(key.id)
  }

  #unlog(count) {
    if (this.#logged === 0 || count === 0) return
    this.#logged -= count
    if (this.#logged === 0) this.channel.unmute()
  }

  triesOf(key) {
    return this.#tries.get(key.id) ?? []
  }

  /** A new call fails if stored calls stay missing: the function took another path. */
  async awaitOthers(key) {
    for (const end = clock() + OTHERS_MS; this.#unasked.size > 0 && clock() < end; ) await pauseFor(TURN_MS)
    if (this.#unasked.size === 0) return
    this.fail(
      key.at,
      'nondeterminism',
      `${this.#expected()} was expected, because an earlier part of the run did it, and ${key} was found. A function must come to the same calls in the same order each time: compute what depends on the time, on chance or on changed settings in a step`,
    )
  }

  #expected() {
    return describeKey(parse([...this.#unasked.keys()][0]))
  }

  /** Call it after the function returned. */
  finish() {
    if (this.#unasked.size === 0) return
    const message = `${this.#expected()} was expected, because an earlier part of the run did it, and the function returned before`
    this.fail(null, 'nondeterminism', message)
  }

  /** Ends the process: no `catch` of the function may continue. */
  fail(at, code, message) {
    const line = at === null ? null : describeThrown(at).line
    this.channel.endPart({ status: 'failed', code, message, traceback: null, line, warnings: [] })
  }

  /** Resolves when the call is on disk. Calls are stored in turn. */
  store(key, status, text, attempts, started, decision = null) {
    this.#storing = this.#storing.then(() => this.#store(key, status, text, attempts, started, decision))
    return this.#storing
  }

  async #store(key, status, text, attempts, started, decision) {
    const done = decision !== null || key.kind !== 'step' ? 'It was not stored' : 'Its function was called'
    const bytes = byteLength(text)
    this.#bytes += bytes
    const tooLong =
      bytes > MAX_RESULT_BYTES
        ? `The result of ${key} takes ${bytes} bytes as JSON; at most ${MAX_RESULT_BYTES} are allowed`
        : `The results of all steps take more than ${MAX_TOTAL_BYTES} bytes as JSON with that of ${key}`
    if (bytes > MAX_RESULT_BYTES || this.#bytes > MAX_TOTAL_BYTES)
      this.fail(key.at, 'invalid_step', `${tooLong}. ${done}`)
    const changes = this.#takeChanges(key, status, done)
    const { kind, name, number } = key
    const problem = await this.channel.store(
      { kind, name, number, status, attempts, started, decision, ...changes },
      text,
    )
    if (problem !== null) this.fail(key.at, problem.code, `${problem.message}. ${done}`)
  }

  /** A change during several steps belongs to the step that is stored next. */
  #takeChanges(key, status, done) {
    if (key.kind !== 'step' || status !== 'done') return { set: {}, deleted: [], atomic: {} }
    try {
      const changes = this.settings.since(this.#mark)
      this.settings.accept(changes)
      this.#mark = this.settings.mark()
      return changes
    } catch (error) {
      if (!(error instanceof InvalidSettings)) throw error
      return this.fail(key.at, 'invalid_settings', `${error.message} (in ${key}). ${done}`)
    }
  }

  /** Undoes the changes of a failed step, unless other steps run. */
  restoreSettings() {
    if (this.#running.size === 1) this.settings.restore(this.#mark)
  }

  endStep(key) {
    this.#running.delete(idOf(key.kind, key.name, 0))
    this.#endIfWaiting()
  }

  /** Returns the key of the pause before the next try. */
  retryKey(key) {
    const pause = new Key('retry', key.name, this.#use('retry', key.name), key.at)
    this.#running.delete(idOf(key.kind, key.name, 0))
    return pause
  }

  /** Ends the process once the running steps are stored. Never resolves. */
  async wait(keys, { json = null, attempts = 0, until = null, seconds = null, decision = null }) {
    // Calls that begin in the same turn are running by then.
    await new Promise((resolve) => setImmediate(resolve))
    const ms = seconds === null ? null : Math.round(seconds * 1000)
    for (const { kind, name, number } of keys)
      this.#waits.push({ kind, name, number, attempts, until, ms, json: JSON.stringify(json), decision })
    setImmediate(() => this.#endIfWaiting())
    await forever()
  }

  #endIfWaiting() {
    if (this.#waits.length > 0 && this.#running.size === 0)
      this.channel.endPart({ status: 'waiting', waits: this.#waits })
  }
}

module.exports = { Calls, isName, pauseFor }
