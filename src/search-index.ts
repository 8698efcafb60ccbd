/** Updates the search index in small batches in the background. */

import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Store } from './store/store.ts'

type Options = { readonly store: Pick<Store, 'indexRuns'>; readonly log: Logger; readonly now: () => number }

const LOOK_EVERY_MS = 2000
/**
 * Pauses for this multiple of the batch time. A fifth of a quiet server's time suffices for 1,000 runs a second.
 * Searches scan runs that are not indexed yet.
 */
const REST = { quiet: 4, busy: 40 }
const BUSY = 0.5
const MIN_REST_MS = 5

export function startSearchIndex({ store, log, now }: Options): { close(): Promise<void> } {
  const ending = new AbortController()
  const run = async () => {
    let last = performance.eventLoopUtilization()
    while (!ending.signal.aborted) {
      const isBusy = performance.eventLoopUtilization(last).utilization > BUSY
      last = performance.eventLoopUtilization()
      const start = performance.now()
      const more = await store.indexRuns(now()).catch((error: unknown) => {
        log.warn({ err: error }, 'runs could not be indexed; trying again')
        return false
      })
      const rest = more
        ? Math.max((isBusy ? REST.busy : REST.quiet) * (performance.now() - start), MIN_REST_MS)
        : LOOK_EVERY_MS
      await delay(rest, undefined, { signal: ending.signal }).catch(() => {})
    }
  }
  const running = run()
  return {
    async close() {
      ending.abort()
      await running
    },
  }
}
