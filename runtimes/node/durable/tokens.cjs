'use strict'

/** The server refreshes tokens while a run executes. */

const { describe } = require('../describe.cjs')

const MAX_CALLS = 10_000

class ConnectionUnavailable extends Error {
  name = 'ConnectionUnavailable'
}

/** `run` has `fail`, and a `channel` with `token`. */
class Tokens {
  #run
  #open = new Map()
  #calls = 0

  constructor(run) {
    this.#run = run
  }

  /** Concurrent calls for one name share a request. */
  ask(name) {
    const at = new Error('')
    if (typeof name !== 'string')
      throw new TypeError(`accessToken needs the name of a connection, found ${describe(name)}`)
    this.#calls += 1
    if (this.#calls > MAX_CALLS)
      this.#run.fail(at, 'invalid_step', `A part of a run may call accessToken ${MAX_CALLS} times`)
    const known = this.#open.get(name)
    if (known !== undefined) return known
    const asked = this.#run.channel.token(name).finally(() => this.#open.delete(name))
    this.#open.set(name, asked)
    return asked
  }
}

function tokenOf({ error, token }) {
  if (error === null) return token
  throw error.code === 'connection_unavailable'
    ? new ConnectionUnavailable(error.message)
    : new RangeError(error.message)
}

module.exports = { ConnectionUnavailable, Tokens, tokenOf }
