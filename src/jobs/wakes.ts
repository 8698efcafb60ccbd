/** Each server queues durable runs whose wait is over or whose called run has ended. Each is woken once. */

import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Report } from '../domain/shared/measures.ts'
import type { Runner } from '../runs/runner.ts'
import { type Job, startJob } from '../start-job.ts'
import type { StoreUse } from '../store/store.ts'

type Options = {
  readonly store: StoreUse<{ runs: 'wakeDue' | 'nextWakeAt'; servers: 'clockProblem' }>
  readonly runner: Pick<Runner, 'settleChildren' | 'wakeAll'>
  readonly log: Logger
  readonly clock: Clock
  readonly report: Report
}

/** Finds waits that began after the last look. */
const POLL_EVERY_MS = 500
/** Small batches delay other writes less. */
const BATCH = 200

export function startWakes({ store, runner, log, clock, report }: Options): Job {
  const run = async (signal: AbortSignal): Promise<number> => {
    // While the clocks disagree, due times are unknown.
    if (store.servers.clockProblem() !== null) return POLL_EVERY_MS
    while (!signal.aborted && (await runner.settleChildren()) > 0) runner.wakeAll()
    let nextAt = await store.runs.nextWakeAt()
    while (nextAt !== null && nextAt <= clock.now() && !signal.aborted) {
      const late = await store.runs.wakeDue(clock.now(), BATCH)
      for (const ms of late) report({ kind: 'wake', lateMs: Math.max(0, ms) })
      // Another server has locked the rows.
      if (late.length === 0) break
      runner.wakeAll()
      nextAt = await store.runs.nextWakeAt()
    }
    return nextAt === null ? POLL_EVERY_MS : Math.min(Math.max(nextAt - clock.now(), 1), POLL_EVERY_MS)
  }
  return startJob({ name: 'wake waiting runs', everyMs: POLL_EVERY_MS, run, clock, log })
}
