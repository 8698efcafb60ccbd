import { isFinal, type Run } from '../domain/runs/run.ts'
import type { RunDeps } from './execution/execute.ts'

export type WatchRun = (
  runId: string,
  waitMs: number,
  isOver: () => boolean,
  toFirstWait?: boolean,
) => Promise<Run | null>

/** Each waiting caller holds a connection and a request. */
const MAX_WATCHING = 1000
/** A peer may execute the next attempt, which has another id, without a signal. */
const FIRST_POLL_MS = 200
const MAX_POLL_MS = 2000

export function createWatchRun({ store, live }: Pick<RunDeps, 'store' | 'live'>): WatchRun {
  let watching = 0

  async function untilEnded(runId: string, until: number, isOver: () => boolean, toFirstWait: boolean): Promise<void> {
    let ended = false
    let wake = () => {}
    const stop = live.onChange((change) => {
      if (change.runId !== runId || (change.durationMs === null && change.status !== 'waiting')) return
      ended = true
      wake()
    })
    try {
      for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 1.5, MAX_POLL_MS)) {
        ended = false
        const last = await store.runs.findAnswer(runId)
        const leftMs = until - performance.now()
        if (last === null || isFinal(last.status) || leftMs <= 0 || isOver()) return
        if (toFirstWait && last.status === 'waiting') return
        if (ended) continue
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.min(leftMs, pollMs))
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

  return async (runId, waitMs, isOver, toFirstWait = false) => {
    if (watching < MAX_WATCHING) {
      watching += 1
      await untilEnded(runId, performance.now() + waitMs, isOver, toFirstWait).finally(() => (watching -= 1))
    }
    return await store.runs.getAnswer(runId)
  }
}
