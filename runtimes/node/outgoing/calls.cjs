'use strict'

/** The outgoing calls of a process: what user code cannot take away is installed before it is loaded. */

const fetching = require('./fetch.cjs')
const http = require('./http.cjs')
const permits = require('./permits.cjs')
const recorder = require('./recorder.cjs')

let hasTakenOver = false

/** Called before user code is loaded. `outbound`: what the module, and each run after it, may send. */
function install(outbound) {
  fetching.install()
  http.install()
  if (outbound === 'live') return
  recorder.limit(outbound)
  if (outbound === 'read_only') permits.install()
  takeOver()
}

/** `calls`: of a job. `answers`: the recorded exchanges as JSON, or nothing. */
function beginRun(calls, answers) {
  recorder.beginRun(calls, answers)
  // It takes 10 to 40 ms the first time, so only what keeps or holds back whole calls pays for it.
  if (recorder.isWhole()) takeOver()
}

function takeOver() {
  if (hasTakenOver) return
  hasTakenOver = true
  fetching.takeOver()
  http.takeOver()
}

module.exports = { beginRun, endRun: recorder.endRun, install }
