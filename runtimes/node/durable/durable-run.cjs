'use strict'

/** Connects the steps of a durable run with the server. */

const { awaitFrame, JOBS, RESULTS, writeAll, writeFrame } = require('../frames.cjs')
const workflows = require('./workflows.cjs')

const OUTPUTS = [1, 2]
const { from } = Buffer

class DurableRun {
  #mark
  #calls
  #turn = 0
  #open = 0

  /** `endPart` ends the process with a result. */
  constructor({ options, stored, settings }, endPart) {
    this.#mark = options.mark
    this.endPart = endPart
    this.#calls = workflows.begin(options, stored, settings, this)
  }

  finish() {
    this.#calls.finish()
  }

  describeEnd(error) {
    return workflows.describeEnd(error)
  }

  /** Returns whether an answer is still to come. */
  end() {
    workflows.end()
    return this.#open > 0 || this.#calls.isBusy
  }

  /** Resolves to null when the call is on disk, or to why it cannot be stored. */
  store(header, text) {
    this.#turn += 1
    this.#open += 1
    writeFrame(RESULTS, { ...header, type: 'step', turn: this.#turn }, from(text))
    return new Promise((resolve) => this.#awaitAnswer(this.#turn, resolve))
  }

  #awaitAnswer(turn, resolve) {
    awaitFrame(JOBS, (answer) => {
      // The server ends the process.
      if (answer === null) return
      if (answer.header.turn !== turn) return this.#awaitAnswer(turn, resolve)
      this.#open -= 1
      resolve(answer.header.error)
    })
  }

  unmute() {
    for (const fd of OUTPUTS) {
      try {
        writeAll(fd, from(this.#mark))
      } catch {
        // The function has closed it.
      }
    }
  }
}

module.exports = { DurableRun }
