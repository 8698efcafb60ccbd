'use strict'

const { AsyncLocalStorage } = require('node:async_hooks')
const { describe } = require('../describe.cjs')
const { describeThrown, isOutOfMemory } = require('../failures.cjs')
const { isPlainObject } = require('../settings.cjs')
const { Calls, pauseFor } = require('./calls.cjs')
const { ask } = require('./tasks.cjs')
const { decide } = require('./decisions.cjs')
const { RunFailed, run: runWorkflow } = require('./runs.cjs')
const { ConnectionUnavailable, Tokens, tokenOf } = require('./tokens.cjs')
const { TimedOut, urlOf, waitFor } = require('./waits.cjs')
const { endOfSleep, policyOf, show } = require('./durations.cjs')
const { optionsOf } = require('./options.cjs')

/** During a shorter pause, the step's process stays alive. */
const MAX_PAUSE_SECONDS = 2
const MAX_MESSAGE = 10_000
const MAX_TYPE = 200
const DURATIONS = ['days', 'hours', 'minutes', 'seconds', 'until']

const { parse, stringify } = JSON
const { now } = Date
/** Step of the current task. */
const inside = new AsyncLocalStorage()
const keys = new WeakMap()
let calls = null
let tokens = null

class StepError extends Error {
  name = 'StepError'

  constructor(step, type, message, attempts, options) {
    super(message, options)
    Object.assign(this, { step, type, attempts })
  }

  toString() {
    return `StepError: the step ${show(this.step)} failed: ${this.message ? `${this.type}: ${this.message}` : this.type}`
  }
}

/** Ends a step without another try. */
class NoRetry extends Error {
  name = 'NoRetry'
}

function begin(options, stored, settings, channel) {
  calls = new Calls(options, stored, settings, channel)
  tokens = new Tokens(calls)
  return calls
}

function end() {
  calls = tokens = null
}

function current(call) {
  if (calls === null)
    throw new Error(`${call} was called while the module was loading: call it in the function \`workflow\``)
  const outer = inside.getStore()
  if (outer !== undefined)
    throw new Error(`${call} was called inside of ${outer}: a step cannot contain a step or a wait`)
  return calls
}

async function step(name, fn, options) {
  const run = current(`step(${show(name)})`)
  if (typeof fn !== 'function')
    throw new TypeError(`step(${show(name)}) needs a function, found ${describe(fn)}: pass it without calling it`)
  const policy = policyOf(optionsOf(`step(${show(name)})`, options, ['retry']).retry)
  const { key, entry } = run.begin('step', name)
  if (entry !== undefined) return resultOf(key, entry)
  await run.awaitOthers(key)
  return await perform(run, key, fn, policy)
}

Object.defineProperty(step, 'key', {
  get() {
    const key = inside.getStore()
    if (key === undefined || calls === null) throw new Error('step.key is only available inside of a step')
    // The first use takes 3 ms.
    const { createHash } = require('node:crypto')
    return createHash('sha256')
      .update(stringify([calls.key, ...key.parts]))
      .digest('hex')
      .slice(0, 32)
  },
})

async function sleep(name, duration) {
  const run = current(`sleep(${show(name)})`)
  const { end: given, seconds } = endOfSleep(optionsOf(`sleep(${show(name)})`, duration, DURATIONS))
  const { key, entry } = run.begin('sleep', name)
  if (entry === undefined) await run.awaitOthers(key)
  if (entry?.status === 'done') return
  const until = entry === undefined ? given : entry.until
  if (run.skipsWaits || (until !== null && until <= now())) return await run.store(key, 'done', 'null', 0, now())
  await run.wait([key], { until, seconds: entry === undefined ? seconds : null })
}

/** Valid for at least 60 s. Allowed inside of a step. */
async function accessToken(name) {
  if (tokens === null)
    throw new Error('accessToken was called while the module was loading: call it in the function `workflow`')
  return tokenOf(await tokens.ask(name))
}

const exported = {
  access_token: accessToken,
  accessToken,
  ConnectionUnavailable,
  async decide(given) {
    const run = current('decide')
    if (!isPlainObject(given)) {
      const message = `decide needs an object of arguments, found ${describe(given)}. It was not stored`
      return run.fail(new Error(''), 'invalid_decision', message)
    }
    return await rememberEnd(decide(run, given))
  },
  NoRetry,
  async run(workflow, request, options) {
    const run = current(`run(${show(workflow)})`)
    return await rememberEnd(runWorkflow(run, workflow, request, options))
  },
  RunFailed,
  sleep,
  step,
  StepError,
  TimedOut,
  urlOf: (name) => {
    if (calls === null)
      throw new Error('urlOf was called while the module was loading: call it in the function `workflow`')
    return urlOf(calls, name)
  },
  async waitFor(names, options) {
    const run = current(`waitFor(${show(names)})`)
    return await rememberEnd(waitFor(run, names, options))
  },
  async ask(name, given, options) {
    const run = current(`ask(${show(name)})`)
    return await rememberEnd(ask(run, name, given, options))
  },
}

async function rememberEnd(wait) {
  try {
    return await wait
  } catch (error) {
    const isEnd = error instanceof TimedOut || error instanceof RunFailed
    if (isEnd && error.key !== undefined) keys.set(error, error.key)
    throw error
  }
}

function resultOf(key, { status, attempts, text }) {
  const told = parse(text)
  if (status === 'done') return told
  throw stepError(key, told.type, told.message, attempts)
}

function stepError(key, type, message, attempts, options) {
  const error = new StepError(key.name, type, message, attempts, options)
  keys.set(error, key.parts)
  return error
}

async function perform(run, key, fn, policy) {
  let tried = Math.max(0, ...run.triesOf(key).map(({ attempts }) => attempts))
  for (;;) {
    tried += 1
    const started = now()
    let value
    try {
      value = await inside.run(key, fn)
    } catch (error) {
      const pause = await fail(run, key, error, { tried, policy, started })
      if (pause !== null) {
        await pauseFor(pause * 1000)
        continue
      }
      const json = { step: key.number, attempts: tried }
      await run.wait([run.retryKey(key)], { json, attempts: tried, seconds: Math.max(1, policy.pause(tried)) })
    }
    return await succeed(run, key, value, { tried, started })
  }
}

async function succeed(run, key, value, { tried, started }) {
  const text = toJson(run, key, value)
  await run.store(key, 'done', text, tried, started)
  run.endStep(key)
  return parse(text)
}

function toJson(run, key, value) {
  try {
    return stringify(value === undefined ? null : value, assertJson)
  } catch (error) {
    const [text = ''] = describeThrown(error).message.split('\n', 1)
    const what = text.replace(/^[A-Za-z]*Error: /, '').slice(0, 200)
    return run.fail(key.at, 'invalid_step', `The result of ${key} is not JSON: ${what}. Its function was called`)
  }
}

function assertJson(_name, value) {
  const isNumber = typeof value === 'number'
  const isOther = typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint'
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value) && !isPlainObject(value)
  if (isOther || isObject || (isNumber && !Number.isFinite(value)))
    throw new TypeError(`it holds ${isNumber ? value : describe(value)}`)
  return value
}

/** Seconds before the next try, or null if the process ends for the pause. Throws StepError otherwise. */
async function fail(run, key, error, { tried, policy, started }) {
  if (isOutOfMemory(error)) {
    run.endStep(key)
    throw error
  }
  run.restoreSettings()
  if (!(error instanceof NoRetry) && tried < policy.attempts) {
    const pause = run.skipsWaits ? 0 : policy.pause(tried)
    return pause <= MAX_PAUSE_SECONDS ? pause : null
  }
  const [type, message] = textsOf(error)
  await run.store(key, 'failed', stringify({ type, message }), tried, started)
  run.endStep(key)
  throw stepError(key, type, message, tried, { cause: error })
}

function textsOf(error) {
  const { message } = describeThrown(error)
  if (!(error instanceof Error)) return ['Error', message]
  const at = message.indexOf(': ')
  const [type, text] = at === -1 ? [message, ''] : [message.slice(0, at), message.slice(at + 2)]
  return [type.slice(0, MAX_TYPE), text.slice(0, MAX_MESSAGE)]
}

/** What the run's failure shows of an uncaught error, or null. */
function describeEnd(error) {
  if (error instanceof ConnectionUnavailable) return { code: 'connection_unavailable' }
  const key = keys.get(error)
  if (key === undefined) return null
  if (error instanceof TimedOut) return { ended_by: key, code: 'wait_timed_out' }
  if (error instanceof RunFailed) return { ended_by: key, message: RunFailed.prototype.toString.call(error) }
  // A failure in an earlier part left only its error's name.
  const code = error.type === ConnectionUnavailable.name ? { code: 'connection_unavailable' } : {}
  return { ended_by: key, message: StepError.prototype.toString.call(error), ...code }
}

module.exports = { begin, describeEnd, end, exported }
