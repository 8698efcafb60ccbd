'use strict'

const { describe } = require('../describe.cjs')
const { show } = require('./durations.cjs')

/** Python refuses unknown keyword arguments, too. An ignored option such as `retries` would look as if it worked. */
function optionsOf(call, given, known) {
  if (given === undefined || given === null) return {}
  if (typeof given !== 'object' || Array.isArray(given))
    throw new TypeError(`${call} needs options such as { ${known[0]}: … }, found ${describe(given)}`)
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown === undefined) return given
  throw new TypeError(`${call} has no option ${show(unknown)}: expected ${known.join(', ')}`)
}

module.exports = { optionsOf }
