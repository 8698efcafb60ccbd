/** A stop that callers behind a proxy hardly notice: serve on for a while, and have connections end after their answers. */

import { Server as NetServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { guard } from '../../guard.ts'

const guarded = guard('the end of the server')

export type Drain = {
  /** `/readyz` says that the server stops, and each answer closes its connection. */
  readonly isUnderWay: boolean
  /** Resolves when the proxies had their time to notice, and `server` takes no more connections. */
  serveOn(server: NetServer): Promise<void>
}

/**
 * How long kept connections are served after new ones are refused. nginx leaves a server out for 5 s after a refusal, and loses nothing by
 * it: the call goes to another server. A kept connection that closes as nginx sends a call is answered with 502.
 */
const REFUSED_MS = 1000

/** `seconds` 0: the server stops at once. */
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

/** Not that of HTTP servers, which closes idle connections too. */
const closeListener = NetServer.prototype.close

/** Right after the loop has taken the connections that wait in the kernel, which would be reset. */
function stopListening(server: NetServer): Promise<void> {
  return new Promise((done) => {
    guarded.setImmediate(() => {
      closeListener.call(server)
      done()
    })
  })
}
