import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { type Job, startJob } from '../start-job.ts'
import type { StoreUse } from '../store/store.ts'

type Options = {
  readonly store: StoreUse<{ runs: 'foldCounts'; servers: 'leads' }>
  readonly log: Logger
  readonly clock: Clock
}

const LOOK_EVERY_MS = 10_000
/** Counting a large database's past must not delay callers. */
const REST = 9
const MIN_REST_MS = 20

export function startRunCounts({ store, log, clock }: Options): Job {
  const run = async (): Promise<number | undefined> => {
    const start = clock.monotonic()
    if (!(await store.runs.foldCounts(clock.now()))) return
    return Math.max(REST * (clock.monotonic() - start), MIN_REST_MS)
  }
  return startJob({ name: 'count runs', everyMs: LOOK_EVERY_MS, run, leads: store.servers.leads, clock, log })
}
