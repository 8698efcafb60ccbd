/** Renews this server's lease, recovers the runs of dead peers, and fences this server before its lease expires. */

import type { Logger } from 'pino'
import type { Report } from './domain/measures.ts'
import { OutdatedError, UserError } from './errors.ts'
import { guard } from './guard.ts'
import { type Repeated, repeat } from './repeat.ts'
import type { Runner } from './runs/runner.ts'
import type { ServerFacts } from './store/servers/server-store.ts'
import type { Store } from './store/store.ts'

const guarded = guard('the heartbeat')

export type Heartbeat = {
  /** Looks into the database, and from then on repeatedly. Resolves when it has looked once. */
  poll(): Promise<void>
  close(): Promise<void>
}

export type HeartbeatOptions = {
  readonly store: Pick<
    Store,
    'heartbeat' | 'sharedNow' | 'trustedNow' | 'clockProblem' | 'recoverLostRuns' | 'listCancelRequests' | 'sweep'
  >
  readonly runner: Pick<Runner, 'fence' | 'unfence' | 'hold' | 'wake' | 'cancelHere' | 'state'> & {
    readonly trials: Pick<Runner['trials'], 'adopt'>
  }
  readonly log: Logger
  readonly now: () => number
  readonly leaseMs: number
  /** Whether peers can take over its runs: then its runs end before the lease does. */
  readonly isShared: boolean
  readonly report?: Report
  /** What this server says of itself. */
  readonly facts?: () => ServerFacts
  /** Called once when a newer release works on the database: this server must end. */
  readonly onOutdated?: (why: string) => void
}

/** Batches of expired rows that are deleted in one pass. */
const MAX_SWEEPS = 20
/** Polling finds what a lost signal did not report. */
const POLL_EVERY_MS = 1000

/** Ends what servers that are gone have left, and throws away what is old. */
async function recover(
  { store, runner, log, now, report }: HeartbeatOptions,
  isClosed: () => boolean,
  trustedNow: () => Promise<number>,
): Promise<void> {
  const lost = await store.recoverLostRuns(now())
  if (lost.length > 0) {
    report?.({ kind: 'lost', count: lost.length })
    log.warn({ runs: lost.slice(0, 20), count: lost.length }, 'runs were lost with their server')
  }
  await runner.trials.adopt()
  // By the database's clock: a server whose own is a month ahead must not throw away what is young.
  if (store.clockProblem() !== null) return
  const at = await trustedNow()
  for (let batch = 0; batch < MAX_SWEEPS && !isClosed() && (await store.sweep(at)) > 0; batch += 1);
}

/** The time by which old things may be deleted. Says once that it is not that of the clock. */
function createTrustedNow({ store, log }: Pick<HeartbeatOptions, 'store' | 'log'>): () => Promise<number> {
  let saidOf: number | null = null
  return async () => {
    const now = store.sharedNow()
    const trusted = await store.trustedNow(now)
    if (trusted === now || trusted === saidOf) return trusted
    saidOf = trusted
    const hours = Math.round((now - trusted) / 3600_000)
    log.warn(`The clock went ahead by ${hours} h: for a day nothing is deleted that is old by it alone. Is it right?`)
    return trusted
  }
}

/**
 * Renews the lease once before it resolves, then repeatedly. A slow poll does not delay a renewal. Where servers share the database, the
 * runner is fenced until the lease is renewed: it was taken when this server began to start, which may be longer ago than it holds.
 */
export async function startHeartbeat(options: HeartbeatOptions): Promise<Heartbeat> {
  const lease = keepLease(options)
  await lease.first
  let closed = false
  let polling: Repeated | null = null
  return {
    async poll() {
      const onError = (error: unknown): void =>
        options.log.error({ err: error }, 'this server could not poll the database; trying again')
      polling = repeat(
        createPoll(options, lease.holds, () => closed),
        POLL_EVERY_MS,
        onError,
      )
      await polling.first
    },
    async close() {
      closed = true
      await Promise.all([lease.close(), polling?.close()])
    },
  }
}

type Lease = Repeated & {
  /** False when peers may consider this server dead. */
  holds(): boolean
}

/** Renews it again and again, and fences the runner before it ends. */
function keepLease(options: HeartbeatOptions): Lease {
  const { store, runner, log, leaseMs, isShared, report = () => {}, facts, onOutdated } = options
  const safeMs = leaseMs * (5 / 6)
  const checkClock = createClockCheck(options)
  let closed = false
  let isOutdated = false
  let fenceTimer: NodeJS.Timeout | undefined
  let renewedAt = Number.NEGATIVE_INFINITY

  /** Without its lease others may take its runs over, and it must begin no others. */
  const fence = (why: string): void => {
    log.error(`${why} Its runs end, and it starts no others.`)
    runner.fence()
    report({ kind: 'fenced' })
  }

  /** Measured by the monotonic clock from before the renewal was sent, so never later than the database's own clock. */
  const renew = async (): Promise<void> => {
    const sentAt = performance.now()
    await store.heartbeat(facts?.())
    renewedAt = sentAt
    report({ kind: 'lease', problem: null })
    checkClock()
    runner.unfence()
    clearTimeout(fenceTimer)
    if (!isShared || closed) return
    const why = 'The lease of this server could not be renewed in time.'
    fenceTimer = guarded.setTimeout(() => fence(why), sentAt + safeMs - performance.now())
  }

  const onError = (error: unknown): void => {
    if (!(error instanceof OutdatedError)) {
      log.error({ err: error }, 'the lease of this server could not be renewed; trying again')
    } else if (!isOutdated) {
      isOutdated = true
      fence(error.message)
      onOutdated?.(error.message)
    }
    report({ kind: 'lease', problem: error instanceof UserError ? error.message : 'The lease could not be renewed.' })
  }

  if (isShared) runner.fence()
  // Not a third of the lease after a renewal has ended: on a busy machine one took 3 s of a lease of 6.
  const renewing = repeat(renew, leaseMs / 3, onError, 'its start')
  return {
    first: renewing.first,
    // The machine slept, or the process was stopped: it starts nothing before it renews its lease.
    holds: () => !isOutdated && (!isShared || performance.now() - renewedAt < safeMs),
    async close() {
      closed = true
      await renewing.close()
      clearTimeout(fenceTimer)
    },
  }
}

/** One of the two clocks is wrong, by which runs get their times and old ones are deleted. Runs under way go on. */
function createClockCheck({ store, runner, log, report }: HeartbeatOptions): () => void {
  let isHeld = false
  return () => {
    const problem = store.clockProblem()
    if (problem !== null && !isHeld) log.error(`${problem} It takes in no runs, and deletes nothing, until then.`)
    if (problem === null && isHeld) log.warn("This server's clock agrees with the database's again: it takes in runs.")
    isHeld = problem !== null
    runner.hold(problem)
    report?.({ kind: 'clock', problem })
  }
}

function createPoll(options: HeartbeatOptions, holdsLease: () => boolean, isClosed: () => boolean) {
  const { store, runner, leaseMs } = options
  let recoveredAt = Number.NEGATIVE_INFINITY
  const trustedNow = createTrustedNow(options)
  return async (): Promise<void> => {
    if (!holdsLease()) return
    if (performance.now() - recoveredAt >= leaseMs / 3) {
      recoveredAt = performance.now()
      await recover(options, isClosed, trustedNow)
    }
    if (runner.state.running > 0) for (const id of await store.listCancelRequests()) runner.cancelHere(id)
    runner.wake()
  }
}
