'use strict'

/** Decisions about people in a durable run. */

const { show } = require('./durations.cjs')

const { parse, stringify } = JSON
const { now } = Date

async function decide(run, { name = 'decision', ...given }) {
  const { key, entry } = run.begin('step', name)
  if (entry !== undefined) return parse(entry.text)
  await run.awaitOthers(key)
  const started = now()
  await run.store(key, 'done', toJson(run, key, given), 1, started, true)
  run.endStep(key)
  return given.outcome
}

/** A value that JSON does not have is an error, because the record would differ from what the function passed. */
function toJson(run, key, given) {
  const refuse = (what) =>
    run.fail(key.at, 'invalid_decision', `An argument of decide is not JSON: ${what}. It was not stored`)
  try {
    return stringify(given, (name, value) => {
      const isOther = ['function', 'symbol', 'bigint'].includes(typeof value) || Number.isNaN(value)
      if (isOther || value === Infinity || value === -Infinity) throw new TypeError(`${name} holds ${show(value)}`)
      return value
    })
  } catch (error) {
    return refuse(error instanceof Error ? error.message : 'it cannot be read')
  }
}

module.exports = { decide }
