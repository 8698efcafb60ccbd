/** A stop that callers behind a proxy hardly notice: serve on for a while, and have connections end after their answers. */

import { setTimeout as delay } from 'node:timers/promises'

export type Drain = {
  /** `/readyz` says that the server stops, and each answer closes its connection. */
  readonly isUnderWay: boolean
  /** Resolves when the proxies had their time to notice. */
  serveOn(): Promise<void>
}

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
  }
}
