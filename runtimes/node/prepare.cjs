'use strict'

/** A sandbox's first Node process, without user code. Removing types and checking the syntax takes 130 ms once. */

const { stripTypeScriptTypes } = require('node:module')
const { SourceTextModule } = require('node:vm')
const { readFrame, TEMPLATE, writeFrame } = require('./frames.cjs')
const { ENTRY } = require('./failures.cjs')

/** Loads the parser before a source arrives. */
function prepare() {
  writeFrame(TEMPLATE, { type: 'started' })
  stripTypeScriptTypes('')
  const message = readFrame(TEMPLATE)
  if (message === null) return
  const size = message.header.source_bytes
  const source = message.payload.toString('utf8', 0, size)
  const files = JSON.parse(message.payload.toString('utf8', size))
  const [header, prepared] = prepareAll({ ...files, [ENTRY]: source })
  writeFrame(TEMPLATE, header, Buffer.from(JSON.stringify(prepared)))
}

function prepareAll(texts) {
  const prepared = {}
  for (const [path, text] of Object.entries(texts)) {
    const problem = prepareOne(path, text.replace(/^\ufeff/, ''), prepared)
    if (problem !== null) return [{ type: 'load_error', traceback: null, out_of_memory: false, ...problem }, {}]
  }
  return [{ type: 'prepared' }, prepared]
}

function prepareOne(path, text, prepared) {
  if (path.endsWith('.json')) {
    prepared[path] = text
    return null
  }
  try {
    const code = stripTypeScriptTypes(text, { mode: 'strip' })
    new SourceTextModule(code, { identifier: path })
    prepared[path] = code
    return null
  } catch (error) {
    return describeProblem(path, error)
  }
}

/** The first line ends with the line number: `:3` or `workflow.ts:3`. */
function describeProblem(path, error) {
  const [first = ''] = (hiddenPlace(error) ?? String(error.stack)).split('\n')
  const found = /:(\d+)$/.exec(first)
  const line = found === null ? null : Number(found[1])
  const detail = `SyntaxError: ${error.message}`
  if (path === ENTRY) return { detail, line }
  const place = line === null ? null : { file: path, line }
  return { detail: `${detail} (${path}${line === null ? '' : `, line ${line}`})`, line: null, place }
}

/** Node prints this line but does not export it. */
function hiddenPlace(error) {
  try {
    const { privateSymbols } = require('internal/test/binding').internalBinding('util')
    return error[privateSymbols.arrow_message_private_symbol]
  } catch {
    return null
  }
}

module.exports = { prepare }
