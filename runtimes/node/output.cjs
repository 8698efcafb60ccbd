'use strict'

/** Synchronous, so that output before a crash is kept. */

const { Writable } = require('node:stream')
const { writeAll } = require('./frames.cjs')

class Output extends Writable {
  constructor(fd) {
    super({ decodeStrings: true, emitClose: false, autoDestroy: false })
    this.fd = fd
    this.isTTY = false
  }

  _write(chunk, _encoding, done) {
    try {
      writeAll(this.fd, chunk)
      done()
    } catch (error) {
      done(error)
    }
  }

  /** The runtime and the next run need the descriptor. */
  _destroy(_error, done) {
    done()
  }
}

/** Node's own streams write in the background and take 2 ms to create. */
function installOutputs() {
  for (const [name, fd] of [
    ['stdout', 1],
    ['stderr', 2],
  ]) {
    const stream = new Output(fd)
    stream.on('error', () => {})
    Object.defineProperty(process, name, { configurable: true, enumerable: true, writable: true, value: stream })
  }
}

module.exports = { installOutputs }
