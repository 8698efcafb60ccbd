/** Servers check without a leader. */

import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Change } from '../domain/runs/signal.ts'
import { type Job, startJob } from '../start-job.ts'
import type { StoreUse } from '../store/store.ts'

export type CanaryWatchOptions = {
  readonly store: StoreUse<{ trials: 'listCanaries' | 'abortFailingCanary' }>
  readonly log: Logger
  readonly clock: Clock
  readonly announce: (change: Change) => void
}

const LOOK_EVERY_MS = 1000

export function startCanaryWatch({ store, log, clock, announce }: CanaryWatchOptions): Job {
  const run = async (): Promise<void> => {
    for (const id of await store.trials.listCanaries()) {
      if (!(await store.trials.abortFailingCanary(id, clock.now()))) continue
      log.warn({ workflowId: id }, 'a canary was ended, because it failed too often')
      announce({ workflowId: id, action: 'canary.abort' })
    }
  }
  return startJob({ name: 'check canaries', everyMs: LOOK_EVERY_MS, run, clock, log })
}
