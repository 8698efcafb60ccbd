'use strict'

const { addOperations } = require('./atomic.cjs')
const { describe, shorten } = require('./describe.cjs')

const WORKFLOW_ID = '__workflow_id'
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

const { parse, stringify } = JSON
const { byteLength } = Buffer

class InvalidSettings extends Error {}

class Settings {
  #limits
  #before
  #atomic

  constructor(text, workflowId, limits) {
    this.#limits = limits
    this.values = text === '' ? {} : parse(text)
    this.#before = new Map(Object.keys(this.values).map((key) => [key, encodeStored(this.values[key])]))
    this.values[WORKFLOW_ID] = workflowId
    this.#atomic = addOperations(this.values)
  }

  atomicOf(changed) {
    const entries = Object.keys(changed).flatMap((key) => (this.#atomic.has(key) ? [[key, this.#atomic.get(key)]] : []))
    return entries.length === 0 ? null : Object.fromEntries(entries)
  }

  /** Throws InvalidSettings. */
  changes() {
    const keys = Object.keys(this.values).filter((key) => key !== WORKFLOW_ID)
    this.#assertCount(keys.length)
    const changed = Object.create(null)
    let total = 0
    let count = 0
    for (const key of keys) {
      assertKey(key, this.#limits.setting_key_bytes)
      const before = this.#before.get(key)
      // Unchanged values never fail the run, and large numbers keep their digits.
      if (before !== undefined && isLeftAlone(this.values[key], before)) {
        total += byteLength(before) + byteLength(key)
        continue
      }
      const text = toJson(key, this.values[key], this.#limits)
      total += byteLength(text) + byteLength(key)
      if (before === text) continue
      changed[key] = text
      count += 1
    }
    const kept = new Set(keys)
    const deleted = [...this.#before.keys()].filter((key) => !kept.has(key))
    this.#assertChanges(count, deleted.length, total)
    return [changed, deleted]
  }

  /** `since` and `restore` compare with it. */
  mark() {
    const entries = Object.keys(this.values).filter((key) => key !== WORKFLOW_ID)
    return { values: new Map(entries.map((key) => [key, remember(this.values[key])])), atomic: new Map(this.#atomic) }
  }

  /** The changes since the mark. Throws InvalidSettings. */
  since({ values }) {
    const set = Object.create(null)
    for (const key of Object.keys(this.values)) {
      if (key === WORKFLOW_ID || values.get(key)?.text === remember(this.values[key]).text) continue
      assertKey(key, this.#limits.setting_key_bytes)
      set[key] = toJson(key, this.values[key], this.#limits)
    }
    const deleted = [...values.keys()].filter((key) => !Object.hasOwn(this.values, key))
    const changed = Object.keys(set)
    if (changed.length + deleted.length > this.#limits.changed_settings) {
      throw new InvalidSettings(
        `The step changed ${changed.length + deleted.length} settings; at most ${this.#limits.changed_settings} are allowed in one run`,
      )
    }
    const kinds = changed.filter((key) => this.#atomic.has(key))
    return { set, deleted, atomic: Object.fromEntries(kinds.map((key) => [key, this.#atomic.get(key)])) }
  }

  accept({ set, deleted }) {
    for (const key of Object.keys(set)) this.#before.set(key, set[key])
    for (const key of deleted) this.#before.delete(key)
    for (const key of [...Object.keys(set), ...deleted]) this.#atomic.delete(key)
  }

  restore({ values, atomic }) {
    for (const key of Object.keys(this.values)) {
      if (key !== WORKFLOW_ID && !values.has(key)) delete this.values[key]
    }
    for (const [key, before] of values) {
      if (!Object.hasOwn(this.values, key) || remember(this.values[key]).text !== before.text)
        this.values[key] = before.isText ? parse(before.text) : before.value
    }
    this.#atomic.clear()
    for (const [key, kind] of atomic) this.#atomic.set(key, kind)
  }

  #assertCount(count) {
    const { settings, settings_bytes } = this.#limits
    // Stored settings may exceed the limit. A run may keep or reduce them.
    if (count <= Math.max(settings, this.#before.size)) return
    throw new InvalidSettings(
      `The settings have ${count} keys; at most ${settings} keys and at most ${settings_bytes} bytes as JSON are allowed`,
    )
  }

  #assertChanges(changed, deleted, total) {
    const { changed_settings, settings_bytes } = this.#limits
    if (changed + deleted > changed_settings) {
      throw new InvalidSettings(
        `The run changed ${changed + deleted} settings; at most ${changed_settings} are allowed in one run`,
      )
    }
    if (changed > 0 && total > settings_bytes) {
      throw new InvalidSettings(`The settings take ${total} bytes as JSON; at most ${settings_bytes} are allowed`)
    }
  }
}

/** A stored `1e400` is valid JSON, but infinity in JavaScript. */
function encodeStored(value) {
  return stringify(value, (_key, item) => (typeof item === 'number' && !Number.isFinite(item) ? `\u0000${item}` : item))
}

/** Different values have different texts. Immutable values need no copy. */
function remember(value) {
  if (typeof value !== 'object' || value === null)
    return { text: `${typeof value} ${String(value)}`, isText: false, value }
  try {
    return { text: encodeStored(value), isText: true }
  } catch {
    // `changes` names the value.
    return { text: '', isText: false, value }
  }
}

function isLeftAlone(value, before) {
  try {
    return encodeStored(value) === before && isPlain(value)
  } catch {
    return false
  }
}

/** False for dates, for example, whose text may equal the old one. */
function isPlain(value) {
  if (typeof value !== 'object' || value === null) return typeof value !== 'bigint'
  return isPlainObject(value) ? Object.values(value).every(isPlain) : Array.isArray(value) && value.every(isPlain)
}

function assertKey(key, maxBytes) {
  if (LONE_SURROGATE.test(key)) {
    throw new InvalidSettings(`The settings have the key ${shorten(stringify(key))}: it is not valid Unicode text`)
  }
  const size = byteLength(key)
  if (size <= maxBytes) return
  throw new InvalidSettings(
    `The settings have a key of ${size} bytes that starts with ${shorten(stringify(key))}: at most ${maxBytes} are allowed`,
  )
}

function toJson(key, value, limits) {
  const name = `settings[${shorten(stringify(key))}]`
  const text = stringify(toPlain(value, name, limits.setting_depth, 0))
  // `JSON.stringify` escapes a lone surrogate, so the text cannot show it.
  if (text.includes('\\ud') && holdsLoneSurrogate(value)) {
    throw new InvalidSettings(`${name} holds half of a surrogate pair (string), which is not valid Unicode text`)
  }
  const size = byteLength(text)
  if (size <= limits.setting_bytes) return text
  throw new InvalidSettings(
    `${name} (${typeOf(value)}) takes ${size} bytes as JSON; at most ${limits.setting_bytes} are allowed`,
  )
}

function holdsLoneSurrogate(value) {
  if (typeof value === 'string') return LONE_SURROGATE.test(value)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, item]) => LONE_SURROGATE.test(key) || holdsLoneSurrogate(item))
}

/** Does not call `toJSON`. Throws InvalidSettings. */
function toPlain(value, name, maxDepth, depth) {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value
    throw new InvalidSettings(`${name} holds the number ${value}, which JSON does not have`)
  }
  if (typeof value !== 'object' || !(Array.isArray(value) || isPlainObject(value))) {
    throw new InvalidSettings(
      `${name} holds ${describe(value)}, which is not JSON; store a string, a finite number, a boolean, null, an array or a plain object`,
    )
  }
  if (depth > maxDepth) {
    throw new InvalidSettings(`${name} is ${typeOf(value)} nested deeper than ${maxDepth} (or within itself)`)
  }
  if (Array.isArray(value)) return Array.from(value, (item) => toPlain(item, name, maxDepth, depth + 1))
  const copy = Object.create(null)
  for (const key of Object.keys(value)) copy[key] = toPlain(value[key], name, maxDepth, depth + 1)
  return copy
}

function isPlainObject(value) {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

const typeOf = (value) => (Array.isArray(value) ? 'an array' : `a ${typeof value}`)

module.exports = { InvalidSettings, Settings, isPlainObject }
