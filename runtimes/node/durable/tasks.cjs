'use strict'

const { secondsOf, show } = require('./durations.cjs')
const { optionsOf } = require('./options.cjs')
const { assertUnused, timedOut } = require('./waits.cjs')

const { parse, stringify } = JSON
const { byteLength } = Buffer
const MAX_RESULT_BYTES = 1024 * 1024
const OPTIONS = ['title', 'text', 'data', 'choices', 'fields', 'to', 'within', 'remind']
/** A larger question does not fit into the frame that ends a part. */
const MAX_FRAME_BYTES = 2 * 1024 * 1024

/** `given`: the title, or all options. */
async function ask(run, name, given, rest) {
  const call = `ask(${show(name)})`
  const options =
    typeof given === 'string'
      ? { ...optionsOf(call, rest, OPTIONS), title: given }
      : { ...optionsOf(call, given, OPTIONS), ...optionsOf(call, rest, OPTIONS) }
  const { title, text = null, data, choices = ['approve', 'reject'], fields = null, to = null, remind } = options
  const seconds = secondsOf('within', options.within ?? '7d')
  const remindMs = remind === undefined || remind === null ? null : secondsOf('remind', remind) * 1000
  assertUnused(run, 'task', name)
  const { key, entry } = run.begin('task', name)
  const question = {
    title,
    text,
    data: data === undefined || data === null ? null : toJson(run, key, data),
    choices,
    fields,
    to: typeof to === 'string' ? [to] : to,
    remind_ms: remindMs,
  }
  toJson(run, key, question)
  if (entry === undefined) await run.awaitOthers(key)
  if (entry?.status === 'done') return answerOf(parse(entry.text))
  if (entry?.status === 'timed_out') throw timedOut(`nobody answered ${key} in time`, key)
  return await run.wait([key], {
    json: question,
    until: entry?.until ?? null,
    seconds: entry === undefined ? seconds : null,
  })
}

function toJson(run, key, value) {
  let text
  try {
    text = stringify(value)
  } catch (error) {
    return run.fail(key.at, 'invalid_step', `The question of ${key} is not JSON: ${error.message}. It was not asked`)
  }
  if (text.length > MAX_RESULT_BYTES && byteLength(stringify(text)) > MAX_FRAME_BYTES)
    run.fail(
      key.at,
      'invalid_step',
      `The question of ${key} takes ${text.length} bytes as JSON, which is too much. It was not asked`,
    )
  return text ?? null
}

const answerOf = ({ choice, by, reason, fields, at }) => ({
  choice,
  by,
  reason,
  fields: fields ?? {},
  at: new Date(at),
})

module.exports = { ask }
