'use strict'

/** Serves one run, or several if it is reused, or is forked for each run. */

const forks = require('./forks.cjs')

// Before other modules take `Math.random`.
const canFork = process.argv[2] === 'fork' && forks.prepareForks()
process.argv[2] = 'serve'

const { explainRefusal } = require('./egress.cjs')
const { describeThrown, isOutOfMemory, rememberSources } = require('./failures.cjs')
const { awaitFrame, decodeFrame, encodeFrame, JOBS, readFrame, RESULTS, TEMPLATE, writeFrame } = require('./frames.cjs')
const { installModules, LoadError, loadFunction } = require('./loader.cjs')
const outgoing = require('./outgoing/calls.cjs')
const { installOutputs } = require('./output.cjs')
const { adviceFor } = require('./missing.cjs')
const { makeRequest } = require('./request.cjs')
const { checkResult, checkReturned, InvalidResponse } = require('./response.cjs')
const { InvalidSettings, Settings } = require('./settings.cjs')

const { chdir, kill, reallyExit, resourceUsage, umask } = process
const { bigint: clock } = process.hrtime
const { setImmediate } = globalThis
const SAMPLE = {
  job: {
    request: { headers: [['Content-Type', 'application/json']], query: 'b=1', method: 'POST', url: '/' },
    workflow_id: '',
    settings: 9,
    calls: { trace: null, propagate: false, record: false, answers: 0 },
  },
  payload: '{"a":"b"}{"c":"d"}',
}
const TURNS = 3
const FETCH = /\b(?:hrflow|fetch|Request|Response|Headers|FormData|WebSocket|EventSource)\b/
const isString = (value) => typeof value === 'string'

const state = {
  options: null,
  loaded: null,
  /** Handles errors outside the run's promise. */
  fail: null,
  isSpoilt: false,
  isFork: false,
}

function serve() {
  writeFrame(TEMPLATE, { type: 'started' })
  const message = readFrame(TEMPLATE)
  if (message === null) reallyExit(0)
  const { header, payload } = message
  const { code, sources } = JSON.parse(payload.toString('utf8'))
  state.options = header
  rememberSources(sources)
  guardProcess()
  installOutputs()
  outgoing.install(header.outbound)
  installModules(code, header)
  const started = clock()
  const loading = warmUp()
    .then(() => (canFork ? forks.watchLoad(mayFetch(code, header)) : null))
    .then(() => loadFunction(header.kind))
    .catch((error) => error)
  const reporting = loading.then(async (loaded) => {
    state.loaded = loaded
    const obstacle = canFork && !(loaded instanceof Error) ? await forks.findObstacle() : null
    const isTemplate = canFork && obstacle === null
    writeFrame(
      TEMPLATE,
      reportLoaded(loaded, { load_ms: Number(clock() - started) / 1e6, obstacle, is_template: isTemplate }),
    )
    if (isTemplate) serveForks()
    else if (canFork) awaitJob(loading)
  })
  // A fork cannot copy a pending read of the job.
  if (canFork) reporting.catch(giveUp)
  else awaitJob(loading)
}

/** Packages may use the Fetch API too. */
function mayFetch(code, { packages }) {
  return packages !== null || Object.values(code).some((text) => FETCH.test(text))
}

function reportLoaded(loaded, facts) {
  if (loaded instanceof LoadError) return { type: 'load_error', ...loaded.report }
  return { type: 'loaded', ...facts }
}

function serveForks() {
  forks.serveForks(TEMPLATE)
  state.isFork = true
  let job = readFrame(JOBS)
  while (isAnswer(job)) job = readFrame(JOBS)
  if (job === null) endAtOnce()
  serveOne(job).catch(giveUp)
}

/** The run ended before it read the answer. */
const isAnswer = (frame) => frame?.header.turn !== undefined

/**
 * The engine compiles functions at their first call, which must not delay a caller. The module might patch built-in
 * objects.
 */
async function warmUp() {
  state.loaded = (request) => ({ status_code: 200, headers: { A: 'a' }, body: String(request?.a) })
  const message = encodeFrame(SAMPLE.job, Buffer.from(SAMPLE.payload))
  const [header, body] = await run(decodeFrame(message, message.subarray(8)))
  outgoing.endRun()
  encodeFrame({ ...header, peak: resourceUsage().maxRSS }, body)
  state.loaded = state.fail = null
}

/** Node would end the process on errors in a timer or an event. */
function guardProcess() {
  Error.stackTraceLimit = 50
  const onThrown = (error) => {
    state.isSpoilt = true
    if (state.fail !== null) return state.fail(error)
    process.stderr.write(`Outside of a run: ${describeThrown(error).traceback}`)
  }
  process.on('uncaughtException', onThrown)
  process.on('unhandledRejection', onThrown)
  process.on('beforeExit', () => state.fail?.(new Error(NEVER)))
  const exit = (code) => {
    const shown = code === undefined ? '' : String(code).slice(0, 100)
    const error = new Error(`the function called process.exit(${shown}) instead of returning`)
    error.name = 'ProcessExit'
    state.isSpoilt = true
    state.fail?.(error)
    throw error
  }
  process.exit = exit
  process.reallyExit = exit
}

const NEVER = 'the function will never return: it awaits something that nothing can settle any more'

/** Node's own exit frees memory for 5 ms, and a fork lacks threads that it joins. The result is already written. */
function endAtOnce() {
  kill(process.pid, 'SIGKILL')
}

function awaitJob(loading) {
  awaitFrame(JOBS, (job) => {
    if (job === null) reallyExit(0)
    if (isAnswer(job)) return awaitJob(loading)
    loading.then(() => serveOne(job)).catch(giveUp)
  })
}

function giveUp(error) {
  writeFrame(RESULTS, failure('exception', describeThrown(error)))
  if (state.isFork) endAtOnce()
  reallyExit(1)
}

async function serveOne(job) {
  const { reuse } = state.options
  const [header, body] = await run(job)
  state.fail = null
  header.calls_left_out = outgoing.endRun()
  if (reuse) header.retire = state.isSpoilt || !(await reset())
  writeFrame(RESULTS, { ...header, load_ms: 0, peak: resourceUsage().maxRSS * 1024 }, body)
  if (reuse && !header.retire) return awaitJob(Promise.resolve())
  if (!reuse && header.code !== 'out_of_memory') sayDone()
  endAtOnce()
}

/** The template kills what the run started. A process without memory reports its end instead. */
function sayDone() {
  try {
    writeFrame(TEMPLATE, { type: 'done' })
  } catch {
    // The end of the process is reported too.
  }
}

async function run({ header: meta, payload }) {
  const { kind, limits } = state.options
  const { loaded } = state
  if (loaded instanceof Error) return [loadFailure(loaded), Buffer.alloc(0)]
  let steps = null
  let request = null
  let values = null
  try {
    // The payload contains the body, the settings, recorded answers, and stored calls.
    const last = payload.length - (meta.steps?.bytes ?? 0)
    const end = last - meta.calls.answers
    const start = end - meta.settings
    const settings = new Settings(payload.toString('utf8', start, end), meta.workflow_id, limits)
    values = settings.values
    request = kind === 'catch' ? makeRequest(meta.request ?? {}, payload.subarray(0, start)) : null
    outgoing.beginRun(meta.calls, payload.toString('utf8', end, last))
    if (meta.steps !== undefined) steps = beginSteps(meta.steps, payload.toString('utf8', last), settings)
    const stopped = new Promise((_resolve, reject) => {
      state.fail = reject
    })
    const returned = await Promise.race([loaded(request, values), stopped])
    steps?.finish()
    // The body of a returned `Response` may throw in a timer, or never end.
    return await Promise.race([reportSuccess(kind, returned, settings, limits), stopped])
  } catch (error) {
    const failed = await explainRefusal(reportError(error, request, values), error)
    return [{ ...failed, ...steps?.describeEnd(error) }, Buffer.alloc(0)]
  } finally {
    // A later job must not get the answer to a step.
    if (steps?.end()) state.isSpoilt = true
  }
}

/** Only durable versions load the module. */
function beginSteps(options, stored, settings) {
  const { DurableRun } = require('./durable/durable-run.cjs')
  return new DurableRun({ options, stored: JSON.parse(stored), settings }, { endPart, endAtOnce })
}

function endPart(header) {
  header.calls_left_out = outgoing.endRun()
  writeFrame(RESULTS, { ...header, load_ms: 0, peak: resourceUsage().maxRSS * 1024 })
  sayDone()
  endAtOnce()
}

async function reportSuccess(kind, returned, settings, limits) {
  const header = { status: 'succeeded', response: null, result: null, warnings: [] }
  let body = Buffer.alloc(0)
  if (kind === 'pull') {
    Object.assign(header, checkResult(returned, limits))
    header.label = isString(returned) ? returned.toWellFormed().slice(0, limits.label_length) : null
  } else {
    const checked = await checkReturned(returned, limits)
    body = checked.body
    Object.assign(header, { response: checked.response, result: checked.result, warnings: checked.warnings })
  }
  const [set, deleted] = settings.changes()
  const atomic = settings.atomicOf(set)
  return [{ ...header, set, deleted, ...(atomic === null ? {} : { atomic }) }, body]
}

function reportError(error, request, settings) {
  if (error instanceof InvalidResponse) return failure('invalid_response', { message: error.message })
  if (error instanceof InvalidSettings) return failure('invalid_settings', { message: error.message })
  const code = isOutOfMemory(error) ? 'out_of_memory' : 'exception'
  const described = describeThrown(error)
  const advice = adviceFor(error, request, settings)
  return failure(code, advice === '' ? described : { ...described, message: `${described.message}. ${advice}` })
}

function loadFailure({ report }) {
  const { detail, line, traceback } = report
  return failure(report.out_of_memory ? 'out_of_memory' : 'load_error', { message: detail, line, traceback })
}

function failure(code, { message, traceback = null, line = null }) {
  return { status: 'failed', code, message, traceback, line, warnings: [] }
}

/** Restores a reused process. False if that failed. */
async function reset() {
  try {
    chdir(state.options.home)
    umask(0o022)
    writeFrame(TEMPLATE, { type: 'clean' })
    const { clean, killed } = readFrame(TEMPLATE)?.header ?? {}
    // The event loop must reap ended children before the next run.
    for (let turn = 0; killed && turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    return clean === true
  } catch {
    return false
  }
}

module.exports = { serve }
