'use strict'

const fetching = require('./fetch.cjs')
const http = require('./http.cjs')
const permits = require('./permits.cjs')
const recorder = require('./recorder.cjs')

let hasTakenOver = false

/** Call it before user code is loaded. */
function install(outbound) {
  fetching.install()
  http.install()
  if (outbound === 'live') return
  recorder.limit(outbound)
  if (outbound === 'read_only') permits.install()
  takeOver()
}

function beginRun(calls, answers) {
  recorder.beginRun(calls, answers)
  // The first use takes 10 to 40 ms, only in trials and recorded runs.
  if (recorder.isWhole()) takeOver()
}

function takeOver() {
  if (hasTakenOver) return
  hasTakenOver = true
  fetching.takeOver()
  http.takeOver()
}

module.exports = { beginRun, endRun: recorder.endRun, install }
