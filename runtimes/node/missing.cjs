'use strict'

/** Advice about fields and settings that a run read although they were missing. JavaScript reads them as undefined. */

const { quotedLine } = require('./failures.cjs')

const MAX_NAMES = 20
const MAX_NAME_LENGTH = 60
const PLAIN = /^[\w.$:/@-][\w.$:/@ -]*$/
const FORM = 'application/x-www-form-urlencoded'
const UNDEFINED = /\bundefined\b|\bis not (?:iterable|a function)\b/
const SETTING = /\bsettings(?:\??\.|\[["'])([\w-]{1,200})/g
/** `JSON.stringify` and `await` read these of any object. */
const NOT_FIELDS = ['toJSON', 'then']

/** Requests, with what was read of them and missing. */
const reads = new WeakMap()

function watchReads(request, { fields, headers, contentType, body }) {
  reads.set(request, { names: new Set(), fields, headers, contentType, body })
}

/** Called for each missing name, so it only remembers it. */
function noteMissing(request, name) {
  const names = reads.get(request)?.names
  if (names !== undefined && names.size < MAX_NAMES && !NOT_FIELDS.includes(name)) names.add(name)
}

/** Returns a sentence about what there is, or '' if nothing was missing. */
function adviceFor(error, request, settings) {
  try {
    if (!(error instanceof TypeError) || !UNDEFINED.test(error.message)) return ''
    const line = quotedLine(error)
    return aboutSettings(line, settings) || aboutRequest(line, request)
  } catch {
    return ''
  }
}

function aboutSettings(line, settings) {
  const absent = [...line.matchAll(SETTING)].find(([, name]) => settings !== null && !(name in settings))
  if (absent === undefined) return ''
  const keys = Object.keys(settings).filter((key) => key !== '__workflow_id')
  return `The settings have no ${shown(absent[1])}: they have ${keys.length === 0 ? 'no keys' : `the keys ${list(keys)}`}`
}

function aboutRequest(line, request) {
  const read = request === null ? undefined : reads.get(request)
  if (read === undefined || read.names.size === 0) return ''
  const all = [...read.names]
  const here = all.filter((name) => line.includes(name))
  const names = here.length > 0 ? here : all
  const absent = `The request has no ${list(names)}`
  if (read.contentType.toLowerCase().startsWith(FORM) && /^\s*[{[]/.test(startOf(read.body)))
    return `${absent}: it is JSON, sent as a form. Expected Content-Type: application/json`
  const present = Object.keys(read.fields)
  const fields = present.length === 0 ? 'no fields' : `the fields ${list(present)}`
  const withHeaders = names.some((name) => name.includes('-') || name !== name.toLowerCase())
  const headers = withHeaders ? ` and the headers ${list(Object.keys(read.headers)) || '(none)'}` : ''
  return `${absent}: it has ${fields}${headers}`
}

const startOf = (body) => Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, 100)).toString('latin1')

function list(names) {
  const more = names.length - MAX_NAMES
  return names.slice(0, MAX_NAMES).map(shown).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

function shown(name) {
  const text = name.length <= MAX_NAME_LENGTH ? name : `${name.slice(0, MAX_NAME_LENGTH - 1)}…`
  return PLAIN.test(text) ? text : JSON.stringify(text)
}

module.exports = { adviceFor, noteMissing, watchReads }
