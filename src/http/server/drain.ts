/**
 * Stops the server without losing calls behind a proxy. Requests are served for a while, and each connection closes
 * after its response.
 */

import { Server as NetServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { guard } from '../../guard.ts'

const guarded = guard('the end of the server')

export type Drain = {
  readonly isUnderWay: boolean
  serveOn(server: NetServer): Promise<void>
}

/**
 * How long kept connections are served after new ones are refused. After a refusal, nginx skips the server for 5 s and
 * sends the call to another server. A kept connection that closes while nginx sends a call causes a 502.
 */
const REFUSED_MS = 1000

export function createDrain(seconds: number): Drain {
  let isUnderWay = false
  return {
    get isUnderWay() {
      return isUnderWay
    },
    async serveOn(server) {
      if (seconds === 0) return
      isUnderWay = true
      await delay(seconds * 1000)
      await stopListening(server)
      await delay(REFUSED_MS)
    },
  }
}

/** The close method of HTTP servers also closes idle connections. */
const closeListener = NetServer.prototype.close

/**
 * Stops right after the event loop has accepted the connections in the kernel's backlog, which would otherwise be
 * reset.
 */
function stopListening(server: NetServer): Promise<void> {
  return new Promise((done) => {
    guarded.setImmediate(() => {
      closeListener.call(server)
      done()
    })
  })
}
