import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { type Job, startJob } from '../start-job.ts'
import type { StoreUse } from '../store/store.ts'

type Options = { readonly store: StoreUse<{ runs: 'index' }>; readonly log: Logger; readonly clock: Clock }

const LOOK_EVERY_MS = 2000
/** A fifth of a quiet server's time suffices for 1,000 runs a second. Searches scan the rest. */
const REST = { quiet: 4, busy: 40 }
const BUSY = 0.5
const MIN_REST_MS = 5

export function startSearchIndex({ store, log, clock }: Options): Job {
  let last = performance.eventLoopUtilization()
  const run = async (): Promise<number | undefined> => {
    const isBusy = performance.eventLoopUtilization(last).utilization > BUSY
    last = performance.eventLoopUtilization()
    const start = clock.monotonic()
    if (!(await store.runs.index(clock.now()))) return
    return Math.max((isBusy ? REST.busy : REST.quiet) * (clock.monotonic() - start), MIN_REST_MS)
  }
  return startJob({ name: 'index runs', everyMs: LOOK_EVERY_MS, run, clock, log })
}
