'use strict'

/** Never throws, and limits its output. */

const { show } = require('./describe.cjs')

const ENTRY = 'workflow.ts'
/** The modules' apparent folder, which does not exist. */
const BASE = 'file:///workflow/'
/** Characters. The server enforces them too (src/workers/worker/outcome.ts). */
const MAX_MESSAGE = 10_000
const MAX_TRACEBACK = 64 * 1024
const MAX_CHAIN = 10
const MAX_FRAMES = 100
const OURS = `${__dirname}/`
const FRAME = /^\s+at /
const PLACE = /file:\/\/\/workflow\/([^\s():?]+)(?:\?[^\s():]*)?:(\d+):(\d+)/

/** Original lines by path. */
const sources = new Map()

function rememberSources(texts) {
  for (const [path, text] of Object.entries(texts)) sources.set(path, text.split(/\r\n|\r|\n/))
}

/** The source before its modules. */
function placeOfText(text) {
  for (const file of new Set([ENTRY, ...sources.keys()])) {
    const lines = sources.get(file) ?? []
    const index = lines.findIndex((line) => line.includes(`'${text}'`) || line.includes(`"${text}"`))
    if (index !== -1) return { file, line: index + 1 }
  }
  return null
}

function describeThrown(thrown) {
  const message = guard(() => messageOf(thrown), 'Error: <its text could not be read>')
  return {
    message,
    traceback: guard(() => tracebackOf(thrown), `${message}\n`).slice(0, MAX_TRACEBACK),
    line: guard(() => lineOf(thrown), null),
  }
}

function messageOf(thrown) {
  if (!(thrown instanceof Error)) return `${show(thrown, MAX_MESSAGE)} was thrown, which is not an Error`
  const name = guard(() => String(thrown.name), 'Error')
  const text = guard(() => textOf(thrown), '<its text could not be read>').slice(0, MAX_MESSAGE)
  return text === '' ? name : `${name}: ${text}`
}

function textOf(error) {
  const { message } = error
  return typeof message === 'string' ? message : '<its text is not a string>'
}

function lineOf(thrown) {
  const place = placesOf(thrown).find(({ path }) => path === ENTRY)
  return place === undefined ? null : place.line
}

function placeOf(thrown) {
  const [place] = guard(() => placesOf(thrown), [])
  return place === undefined ? null : { file: place.path, line: place.line }
}

function tracebackOf(thrown) {
  const parts = []
  const seen = new Set()
  let error = thrown
  while (error !== undefined && error !== null && !seen.has(error)) {
    if (parts.length === MAX_CHAIN) {
      parts.push('(more causes are not shown)\n')
      break
    }
    seen.add(error)
    parts.push(describeOne(error, parts.length === 0))
    error = error instanceof Error ? error.cause : undefined
  }
  return parts.join('Caused by ')
}

function describeOne(error, isFirst) {
  const frames = framesOf(error)
  const hidden = frames.length - MAX_FRAMES
  const shown = hidden > 0 ? [...frames.slice(0, MAX_FRAMES), `    … ${hidden} more frames …`] : frames
  const inner = error instanceof AggregateError ? [...error.errors].slice(0, 15) : []
  return [
    ...(isFirst ? quoteLine(error) : []),
    messageOf(error),
    ...shown,
    ...inner.map((one) => `  [error] ${describeOne(one, false).replaceAll('\n', '\n  ').trimEnd()}`),
    '',
  ].join('\n')
}

/** The source line that threw, or ''. */
function quotedLine(error) {
  const [place] = guard(() => placesOf(error), [])
  return (place && sources.get(place.path)?.[place.line - 1])?.slice(0, 500) ?? ''
}

function quoteLine(error) {
  const [place] = placesOf(error)
  const code = place && sources.get(place.path)?.[place.line - 1]
  if (code === undefined || code.length > 500) return []
  const marker = `${code.slice(0, place.column - 1).replace(/[^\t]/g, ' ')}^`
  return [`${place.path}:${place.line}`, code, marker, '']
}

function framesOf(error) {
  return stackOf(error)
    .split('\n')
    .filter(
      (line) => FRAME.test(line) && !line.includes('node:') && !line.includes(OURS) && !line.includes('<anonymous>)'),
    )
    .map((line) =>
      line
        .replaceAll(BASE, '')
        .replace('at Module.', 'at ')
        .replace(/\/\S*\/node_modules\//, '')
        .slice(0, 500),
    )
}

function placesOf(error) {
  const lines = stackOf(error).split('\n')
  return lines.flatMap((line) => {
    const [, path, number, column] = (FRAME.test(line) && PLACE.exec(line)) || []
    return path === undefined ? [] : [{ path, line: Number(number), column: Number(column) }]
  })
}

function stackOf(error) {
  if (!(error instanceof Error)) return ''
  const { stack } = error
  return typeof stack === 'string' ? stack.slice(-4 * MAX_TRACEBACK) : ''
}

function guard(compute, fallback) {
  try {
    return compute()
  } catch {
    return fallback
  }
}

/** The engine reports a failed allocation as a RangeError. */
function isOutOfMemory(thrown) {
  if (!(thrown instanceof Error)) return false
  const text = guard(() => textOf(thrown), '')
  return /^(Array buffer allocation failed|Failed to allocate memory|WebAssembly\.\w+(\(\))?: [Oo]ut of memory)/.test(
    text,
  )
}

module.exports = { BASE, ENTRY, describeThrown, isOutOfMemory, placeOf, placeOfText, quotedLine, rememberSources }
