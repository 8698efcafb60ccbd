import type { Logger } from 'pino'
import type { Clock } from './clock.ts'

export type JobOptions = {
  /** For log messages. */
  readonly name: string
  /** Pause between the runs, also after a failure. */
  readonly everyMs: number
  /** May return a different pause. The signal aborts at the close. */
  readonly run: (signal: AbortSignal) => Promise<number | undefined> | Promise<void>
  /** Without it, every server runs the job. */
  readonly leads?: (() => Promise<boolean>) | undefined
  readonly clock: Clock
  readonly log: Logger
}

export type Job = {
  /** Resolves after the first run, even if it failed. */
  readonly first: Promise<void>
  close(): Promise<void>
}

const FOLLOWER_MS = 30_000

export function startJob({ name, everyMs, run, leads, clock, log }: JobOptions): Job {
  const ending = new AbortController()
  const { signal } = ending
  const once = async (): Promise<number> => {
    try {
      if (leads !== undefined && !(await leads())) return FOLLOWER_MS
      return (await run(signal)) ?? everyMs
    } catch (error) {
      log.error({ err: error }, `could not ${name}; trying again`)
      return everyMs
    }
  }
  const first = once()
  const repeat = async (): Promise<void> => {
    let waitMs = await first
    while (!signal.aborted) {
      await clock.sleep(waitMs, signal)
      if (!signal.aborted) waitMs = await once()
    }
  }
  const repeating = repeat()
  return {
    first: first.then(() => {}),
    async close() {
      ending.abort()
      await repeating
    },
  }
}
