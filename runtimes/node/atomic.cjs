'use strict'

/** Operations on settings that concurrent runs do not overwrite. */

const { isDeepStrictEqual } = require('node:util')

/**
 * Hidden from spreads, copies and JSON, and by a setting of the same name. Returns the changed keys and how each is
 * merged.
 */
function addOperations(values) {
  const atomic = new Map()
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    if (Object.hasOwn(values, name)) continue
    Object.defineProperty(values, name, {
      configurable: true,
      enumerable: false,
      get:
        () =>
        (key, ...given) =>
          operation(values, atomic, key, ...given),
      set: (value) =>
        Object.defineProperty(values, name, { configurable: true, enumerable: true, writable: true, value }),
    })
  }
  return atomic
}

const OPERATIONS = {
  increment(values, atomic, key, amount = 1) {
    assertNumber('the amount', amount)
    const value = find(values, key, 0)
    assertNumber(nameOf(key), value)
    const sum = value + amount
    if (!Number.isFinite(sum) || (Number.isInteger(sum) && !Number.isSafeInteger(sum))) {
      throw new RangeError(`${nameOf(key)} would be ${sum}, which JavaScript does not count exactly`)
    }
    values[key] = sum
    atomic.set(key, 'counter')
    return sum
  },

  add(values, atomic, key, item) {
    const items = findList(values, key)
    if (items.some((other) => isDeepStrictEqual(other, item))) return false
    values[key] = items
    items.push(item)
    atomic.set(key, 'set')
    return true
  },

  discard(values, atomic, key, item) {
    const items = findList(values, key)
    const kept = items.filter((other) => !isDeepStrictEqual(other, item))
    if (kept.length === items.length) return false
    items.splice(0, items.length, ...kept)
    atomic.set(key, 'set')
    return true
  },

  putIn(values, atomic, key, name, value) {
    const entries = find(values, key, {})
    if (typeof entries !== 'object' || entries === null || Array.isArray(entries)) {
      throw new TypeError(`${nameOf(key)} is not an object, which putIn needs`)
    }
    values[key] = entries
    // An assignment to `__proto__` would set no entry.
    Object.defineProperty(entries, name, { configurable: true, enumerable: true, writable: true, value })
    atomic.set(key, 'map')
  },
}

/** Ignores inherited properties. */
const find = (values, key, fallback) =>
  Object.prototype.propertyIsEnumerable.call(values, key) ? values[key] : fallback

function findList(values, key) {
  const found = find(values, key, [])
  if (!Array.isArray(found)) throw new TypeError(`${nameOf(key)} is not an array, which this operation needs`)
  return found
}

function assertNumber(name, value) {
  if (typeof value === 'number' && Number.isFinite(value)) return
  throw new TypeError(
    `${name} is ${typeof value === 'number' ? value : `a ${typeof value}`}; increment needs a finite number`,
  )
}

const nameOf = (key) => `settings[${JSON.stringify(String(key).slice(0, 80))}]`

module.exports = { addOperations }
