'use strict'

/** Never throws. */

const { inspect } = require('node:util')

const OPTIONS = { depth: 4, maxArrayLength: 50, maxStringLength: 10_000, breakLength: Number.POSITIVE_INFINITY }

function show(value, length) {
  try {
    const text = inspect(value, OPTIONS)
    return text.length <= length ? text : `${text.slice(0, length - 1)}…`
  } catch (error) {
    return `<a value that could not be shown: ${error?.constructor?.name ?? typeof error}>`
  }
}

/** Such as `the string '200'`, `undefined`, `a Date`. */
function describe(value) {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object') return typeOfObject(value)
  return `the ${typeof value} ${show(value, 60)}`
}

function typeOfObject(value) {
  try {
    const prototype = Object.getPrototypeOf(value)
    if (Array.isArray(value)) return `the array ${show(value, 60)}`
    if (prototype === null || prototype === Object.prototype) return `the object ${show(value, 60)}`
    return `a ${String(prototype.constructor?.name || 'object').slice(0, 60)}`
  } catch {
    return 'an object'
  }
}

const shorten = (text) => (text.length <= 80 ? text : `${text.slice(0, 79)}…`)

module.exports = { describe, shorten, show }
