'use strict'

const { makeRequest } = require('../request.cjs')
const { isName } = require('./calls.cjs')
const { secondsOf, show } = require('./durations.cjs')
const { optionsOf } = require('./options.cjs')

const { parse } = JSON
const { from } = Buffer

class TimedOut extends Error {
  name = 'TimedOut'
}

function urlOf({ options }, name) {
  if (!isName(name)) throw new RangeError(`a name of a wait is a text of 1 to 200 characters, found ${show(name)}`)
  // The first use takes 3 ms.
  const { createHmac } = require('node:crypto')
  const tag = createHmac('sha256', from(options.wait_key, 'hex')).update(name).digest('hex').slice(0, 40)
  return `${options.wait_url}${from(name).toString('base64url')}.${tag}`
}

async function waitFor(run, given, options) {
  const { within } = optionsOf(`waitFor(${show(given)})`, options, ['within'])
  const names = Array.isArray(given) ? [...given] : [given]
  const seconds = secondsOf('within', within)
  assertNames(run, names)
  const begun = names.map((name) => run.begin('event', name))
  const [{ key }] = begun
  const entries = begun.map(({ entry }) => entry)
  if (entries.every((entry) => entry === undefined)) await run.awaitOthers(key)
  const done = entries.find((entry) => entry?.status === 'done')
  if (done !== undefined) return eventOf(parse(done.text))
  if (entries.every((entry) => entry?.status === 'timed_out'))
    throw timedOut(`nothing came in time for ${names.map(show).join(' or ')}`, key)
  const until = entries.find((entry) => entry !== undefined)?.until ?? null
  const keys = begun.map((one) => one.key)
  return await run.wait(keys, { json: names, until, seconds: until === null ? seconds : null })
}

function assertNames(run, names) {
  for (const name of names) assertUnused(run, 'event', name)
  if (names.length === 0 || new Set(names).size < names.length)
    throw new RangeError(`waitFor needs one or more different names, found ${show(names.join(', '))}`)
}

/** A name has one URL or one task. */
function assertUnused(run, kind, name) {
  run.assertName(kind, name)
  if (run.isUsed(kind, name))
    throw new RangeError(
      `the name ${show(name)} is used by another wait of this run: use a name for each, such as "reminder 1" and "reminder 2"`,
    )
}

function timedOut(message, key) {
  const error = new TimedOut(message)
  Object.defineProperty(error, 'key', { value: key.parts, enumerable: false })
  return error
}

/** Like the request, with the wait's name and the time. */
function eventOf(told) {
  const request = makeRequest(told, from(told.body, told.encoding))
  const at = new Date(told.received_at)
  for (const [name, value] of [
    ['name', told.name],
    ['receivedAt', at],
    ['received_at', at],
  ])
    Object.defineProperty(request, name, { value, configurable: true, writable: true, enumerable: false })
  return request
}

module.exports = { TimedOut, assertUnused, timedOut, urlOf, waitFor }
