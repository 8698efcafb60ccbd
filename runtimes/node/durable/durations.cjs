'use strict'

const MAX_WAIT_SECONDS = 366 * 86400
const UNITS = { s: 1, m: 60, h: 3600, d: 86400, w: 7 * 86400 }
const DURATION = /^(\d{1,12}(?:\.\d{1,12})?)([smhdw])$/
const RETRY_KEYS = ['attempts', 'first', 'factor', 'max']

const { random } = Math
const { now } = Date

/** Returns seconds. Throws RangeError. */
function secondsOf(what, text) {
  const [, number, unit] = (typeof text === 'string' && DURATION.exec(text)) || []
  const seconds = number === undefined ? 0 : Number(number) * UNITS[unit]
  if (seconds >= 1 && seconds <= MAX_WAIT_SECONDS) return seconds
  throw new RangeError(`${what} must be a number with s, m, h, d or w, from 1s to 366d, found ${show(text)}`)
}

/** Returns `{end, seconds}`, of which one is null. `end`: milliseconds since 1970. */
function endOfSleep({ days = 0, hours = 0, minutes = 0, seconds = 0, until = null }) {
  if (until === null) {
    const duration = Number(days) * 86400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
    if (duration === 0)
      throw new RangeError('sleep needs a duration after its name, such as { seconds: 30 }, or until; found neither')
    assertWait(duration, 1)
    return { end: null, seconds: duration }
  }
  if (!(until instanceof Date) || Number.isNaN(until.getTime()))
    throw new TypeError(`until must be a valid Date, found ${show(until)}`)
  if (days || hours || minutes || seconds) throw new RangeError('sleep needs either until or a duration, found both')
  assertWait((until.getTime() - now()) / 1000, Number.NEGATIVE_INFINITY)
  return { end: until.getTime(), seconds: null }
}

function assertWait(seconds, least) {
  if (seconds >= least && seconds <= MAX_WAIT_SECONDS) return
  throw new RangeError(`a wait takes from 1 second to 366 days, found ${seconds} seconds`)
}

/** Returns `{attempts, pause}`. `pause(tried)`: seconds before the next try. */
function policyOf(retry) {
  const given = retry ?? {}
  const unknown = Object.keys(given).find((key) => !RETRY_KEYS.includes(key))
  if (unknown !== undefined) throw new RangeError(`retry has the unknown key ${show(unknown)}`)
  const { attempts = retry == null ? 1 : 3, factor = 2 } = given
  const first = secondsOf('first', given.first ?? '10s')
  const max = secondsOf('max', given.max ?? '1h')
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > 100)
    throw new RangeError(`retry: attempts must be from 1 to 100, found ${show(attempts)}`)
  if (!(typeof factor === 'number' && factor >= 1 && factor <= 100))
    throw new RangeError(`retry: factor must be from 1 to 100, found ${show(factor)}`)
  const pause = (tried) => Math.min(first * factor ** Math.min(tried - 1, 200), max) * (0.8 + 0.4 * random())
  return { attempts, pause }
}

const show = (value) => (typeof value === 'string' ? JSON.stringify(value) : String(value)).slice(0, 80)

module.exports = { endOfSleep, policyOf, secondsOf, show }
