'use strict'

const { show } = require('./durations.cjs')
const { assertUnused, timedOut } = require('./waits.cjs')

const { parse, stringify } = JSON
const { now } = Date

/** An outcome that needs a person ends the process. The next part returns their choice. */
async function decide(run, { name = 'decision', ...given }) {
  const at = new Error('')
  const text = toJson(run, at, given)
  const { number, task } = run.beginDecision(name, given.outcome, at)
  if (task !== null) return await choiceOf(run, task, parse(text), { name, number })
  const { key, entry } = run.begin('step', name)
  if (entry !== undefined) return parse(entry.text)
  await run.awaitOthers(key)
  await run.store(key, 'done', text, 1, now(), number)
  run.endStep(key)
  // A String object is stored as a text.
  return typeof given.outcome === 'string' ? given.outcome : parse(text).outcome
}

async function choiceOf(run, name, json, decision) {
  assertUnused(run, 'task', name)
  const { key, entry } = run.begin('task', name)
  if (entry === undefined) await run.awaitOthers(key)
  if (entry?.status === 'done') return parse(entry.text).choice
  if (entry?.status === 'timed_out') throw timedOut(`nobody answered ${key} in time`, key)
  const until = entry?.until ?? null
  const seconds = entry === undefined ? run.options.overseen.ms / 1000 : null
  return await run.wait([key], { json, until, seconds, decision })
}

/** Rejects values without JSON, which the record would change. */
function toJson(run, at, given) {
  try {
    return stringify(given, (name, value) => {
      const isOther = ['function', 'symbol', 'bigint'].includes(typeof value) || Number.isNaN(value)
      if (isOther || value === Infinity || value === -Infinity) throw new TypeError(`${name} holds ${show(value)}`)
      return value
    })
  } catch (error) {
    const what = error instanceof Error ? error.message : 'it cannot be read'
    return run.fail(at, 'invalid_decision', `An argument of decide is not JSON: ${what}. It was not stored`)
  }
}

module.exports = { decide }
