/** Keeps the index of runs' texts, a few runs at a time behind the runs themselves. */

import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Store } from './store/store.ts'

type Options = { readonly store: Pick<Store, 'indexRuns'>; readonly log: Logger; readonly now: () => number }

const LOOK_EVERY_MS = 2000
/** After each batch it rests this many times as long as the batch took, so it uses at most a fifth of the database's time. */
const REST = 4
const MIN_REST_MS = 5

/** Indexes until it is closed. Any number of servers may do so on one database. */
export function startSearchIndex({ store, log, now }: Options): { close(): Promise<void> } {
  const ending = new AbortController()
  const run = async () => {
    while (!ending.signal.aborted) {
      const start = performance.now()
      const more = await store.indexRuns(now()).catch((error: unknown) => {
        log.warn({ err: error }, 'runs could not be indexed; trying again')
        return false
      })
      const rest = more ? Math.max(REST * (performance.now() - start), MIN_REST_MS) : LOOK_EVERY_MS
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
