'use strict'

const { awaitFrame, JOBS, RESULTS, writeAll, writeFrame } = require('../frames.cjs')
const workflows = require('./workflows.cjs')

const OUTPUTS = [1, 2]
const { from } = Buffer

class DurableRun {
  #mark
  #endAtOnce
  #calls
  #turn = 0
  /** Resolves answers by turn. */
  #open = new Map()

  /** `endPart` ends the process with a result, `endAtOnce` without one. */
  constructor({ options, stored, settings }, { endPart, endAtOnce }) {
    this.#mark = options.mark
    this.#endAtOnce = endAtOnce
    this.endPart = endPart
    this.#calls = workflows.begin(options, stored, settings, this)
  }

  finish() {
    this.#calls.finish()
  }

  describeEnd(error) {
    return workflows.describeEnd(error)
  }

  /** True if an answer is missing. */
  end() {
    workflows.end()
    return this.#open.size > 0 || this.#calls.isBusy
  }

  /** Resolves to null when the call is on disk, or to the reason why not. */
  async store(header, text) {
    return (await this.#ask({ ...header, type: 'step' }, from(text))).error
  }

  /** Resolves to `{error, token}` of a connection. */
  token(name) {
    return this.#ask({ type: 'token', name })
  }

  #ask(header, payload) {
    this.#turn += 1
    writeFrame(RESULTS, { ...header, turn: this.#turn }, payload)
    return new Promise((resolve) => {
      this.#open.set(this.#turn, resolve)
      if (this.#open.size === 1) this.#read()
    })
  }

  /** Not during another read, which would take a part of the frame. */
  #read() {
    awaitFrame(JOBS, (answer) => {
      // The sandbox is ending. An empty event loop would look like the function's mistake.
      if (answer === null) return this.#endAtOnce()
      const { turn } = answer.header
      const resolve = this.#open.get(turn)
      this.#open.delete(turn)
      if (this.#open.size > 0) this.#read()
      resolve?.(answer.header)
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
