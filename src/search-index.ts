/** Keeps the index of runs' texts, a few runs at a time behind the runs themselves. */

import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Store } from './store/store.ts'

type Options = { readonly store: Pick<Store, 'indexRuns'>; readonly log: Logger; readonly now: () => number }

const LOOK_EVERY_MS = 2000
/**
 * After each batch it rests this many times as long as the batch took: a fifth of the time of a quiet server is enough
 * for 1,000 runs a second, and one that is busy leaves it for later. Searches read what is not indexed yet.
 */
const REST = { quiet: 4, busy: 40 }
/** Share of the time that the event loop had work. */
const BUSY = 0.5
const MIN_REST_MS = 5

/** Indexes until it is closed. Any number of servers may do so on one database. */
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
