import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { type Job, startJob } from '../start-job.ts'
import { removeAbandoned } from '../workers/sandbox/machine/roots.ts'

const EVERY_MS = 3_600_000

/** A killed server may never start again, so others look for what it left. */
export function startRemovals({ log, clock }: { readonly log: Logger; readonly clock: Clock }): Job {
  const run = (signal: AbortSignal) => removeAbandoned(log, signal)
  return startJob({ name: 'remove the folders of killed servers', everyMs: EVERY_MS, run, clock, log })
}
