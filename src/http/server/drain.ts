/** Each connection closes after its response, so that a proxy loses no calls. */

import { Server as NetServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { guard } from '../../guard.ts'

const guarded = guard('the end of the server')

export type Drain = {
  readonly isUnderWay: boolean
  serveOn(server: NetServer): Promise<void>
}

/**
 * After a refusal, nginx skips the server for 5 s and sends the call to another one. A kept connection that closes
 * during a call causes a 502.
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

/** The HTTP server's close also closes idle connections. */
const closeListener = NetServer.prototype.close

/** Connections in the kernel's backlog would be reset, so they are accepted first. */
function stopListening(server: NetServer): Promise<void> {
  return new Promise((done) => {
    guarded.setImmediate(() => {
      closeListener.call(server)
      done()
    })
  })
}
