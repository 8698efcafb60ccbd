/** Waits for the end of a run that is in the queue, for a caller who waits only so long. */

import { isFinal, type Run } from '../domain/run.ts'
import type { RunDeps } from './execute.ts'

/** The run's last attempt once that has ended, or as it is after `waitMs` or when `isOver` says so. Null when there is none. */
export type WatchRun = (runId: string, waitMs: number, isOver: () => boolean) => Promise<Run | null>

/** Each one holds its connection and its request; more than this many are told at once that they need not wait. */
const MAX_WATCHING = 1000
/** A next attempt has another id, and the run may be on another server, which tells only the store: so all look now and then. */
const FIRST_LOOK_MS = 200
const MAX_LOOK_MS = 2000

export function createWatchRun({ store, live }: Pick<RunDeps, 'store' | 'live'>): WatchRun {
  let watching = 0

  async function untilEnded(runId: string, until: number, isOver: () => boolean): Promise<void> {
    let ended = false
    let wake = () => {}
    const stop = live.onChange((change) => {
      if (change.runId !== runId || change.durationMs === null) return
      ended = true
      wake()
    })
    try {
      for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(lookMs * 1.5, MAX_LOOK_MS)) {
        ended = false
        const last = await store.findAnswer(runId)
        const leftMs = until - performance.now()
        if (last === null || isFinal(last.status) || leftMs <= 0 || isOver()) return
        if (ended) continue
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.min(leftMs, lookMs))
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
    } finally {
      stop()
    }
  }

  return async (runId, waitMs, isOver) => {
    if (watching < MAX_WATCHING) {
      watching += 1
      await untilEnded(runId, performance.now() + waitMs, isOver).finally(() => (watching -= 1))
    }
    return await store.getAnswer(runId)
  }
}
