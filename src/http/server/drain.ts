/** A stop that callers behind a proxy do not notice: serve on, have connections end after their answers, then refuse for a moment. */

import { setTimeout as delay } from 'node:timers/promises'

export type Drain = {
  /** `/readyz` says that the server stops, and each answer closes its connection. */
  readonly isUnderWay: boolean
  /** Resolves when the proxies had their time to notice. */
  serveOn(): Promise<void>
  /** Resolves when a proxy that looks at answers alone had time to see one with 503. */
  refuse(): Promise<void>
}

/** nginx leaves a server out for 5 s after a 503, and sends no call into a connection that closes meanwhile. */
const REFUSE_MS = 1000

/** `seconds` 0: the server stops at once. */
export function createDrain(seconds: number): Drain {
  let isUnderWay = false
  return {
    get isUnderWay() {
      return isUnderWay
    },
    async serveOn() {
      if (seconds === 0) return
      isUnderWay = true
      await delay(seconds * 1000)
    },
    async refuse() {
      if (isUnderWay) await delay(REFUSE_MS)
    },
  }
}
