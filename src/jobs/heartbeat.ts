import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Report } from '../domain/shared/measures.ts'
import { OutdatedError, UserError } from '../errors.ts'
import { guard } from '../guard.ts'
import type { Runner } from '../runs/runner.ts'
import { type Job, startJob } from '../start-job.ts'
import type { ServerFacts } from '../store/servers/server-store.ts'
import type { Store, StoreUse } from '../store/store.ts'

const guarded = guard('the heartbeat')

export type Heartbeat = {
  poll(): Promise<void>
  close(): Promise<void>
}

export type HeartbeatOptions = {
  readonly store: StoreUse<{
    servers: 'heartbeat' | 'sharedNow' | 'clockProblem'
    upkeep: 'trustedNow'
    runs: 'recoverLost' | 'listCancelRequests'
  }> &
    Pick<Store, 'sweep'>
  readonly runner: Pick<Runner, 'fence' | 'unfence' | 'hold' | 'wake' | 'cancelHere' | 'state'> & {
    readonly trials: Pick<Runner['trials'], 'adopt'>
  }
  readonly deployments: { adopt(): Promise<void> }
  readonly log: Logger
  readonly clock: Clock
  readonly leaseMs: number
  /** If true, runs end before the lease: other servers may take them over. */
  readonly isShared: boolean
  readonly report?: Report
  readonly facts?: () => ServerFacts
  readonly onOutdated?: (why: string) => void
}

const MAX_SWEEPS = 20
const POLL_EVERY_MS = 1000
const RETRY_MS = 1000

async function recover(
  { store, runner, deployments, log, clock, report }: HeartbeatOptions,
  trustedNow: () => Promise<number>,
  signal: AbortSignal,
): Promise<void> {
  const lost = await store.runs.recoverLost(clock.now())
  if (lost.length > 0) {
    report?.({ kind: 'lost', count: lost.length })
    log.warn({ runs: lost.slice(0, 20), count: lost.length }, 'runs were lost with their server')
  }
  await runner.trials.adopt()
  await deployments.adopt()
  // A server whose clock is a month ahead must not delete new data.
  if (store.servers.clockProblem() !== null) return
  const at = await trustedNow()
  for (let batch = 0; batch < MAX_SWEEPS && !signal.aborted && (await store.sweep(at)) > 0; batch += 1);
}

function createTrustedNow({ store, log }: Pick<HeartbeatOptions, 'store' | 'log'>): () => Promise<number> {
  let saidOf: number | null = null
  return async () => {
    const now = store.servers.sharedNow()
    const trusted = await store.upkeep.trustedNow(now)
    if (trusted === now || trusted === saidOf) return trusted
    saidOf = trusted
    const hours = Math.round((now - trusted) / 3600_000)
    log.warn(`The clock went ahead by ${hours} h: for a day nothing is deleted that is old by it alone. Is it right?`)
    return trusted
  }
}

/**
 * With a shared database, the runner stays fenced until the first renewal: the lease from the start may have expired.
 */
export async function startHeartbeat(options: HeartbeatOptions): Promise<Heartbeat> {
  const lease = keepLease(options)
  await lease.first
  let polling: Job | null = null
  return {
    async poll() {
      const { clock, log } = options
      const run = createPoll(options, lease.holds)
      polling = startJob({ name: 'poll the database', everyMs: POLL_EVERY_MS, run, clock, log })
      await polling.first
    },
    async close() {
      await Promise.all([lease.close(), polling?.close()])
    },
  }
}

type Lease = Job & {
  holds(): boolean
}

function keepLease(options: HeartbeatOptions): Lease {
  const { store, runner, log, clock, leaseMs, isShared, report = () => {}, facts, onOutdated } = options
  const safeMs = leaseMs * (5 / 6)
  const checkClock = createClockCheck(options)
  const everyMs = leaseMs / 3
  let isOutdated = false
  let fencing = new AbortController()
  let renewedAt = Number.NEGATIVE_INFINITY

  /** Other servers may take over the runs. */
  const fence = (why: string): void => {
    log.error(`${why} Its runs end, and it starts no others.`)
    runner.fence()
    report({ kind: 'fenced' })
  }

  /** The monotonic time before the renewal never exceeds the lease in the database. */
  const renew = async (signal: AbortSignal): Promise<void> => {
    const sentAt = clock.monotonic()
    await store.servers.heartbeat(facts?.())
    renewedAt = sentAt
    report({ kind: 'lease', problem: null })
    checkClock()
    runner.unfence()
    fencing.abort()
    if (!isShared || signal.aborted) return
    const why = 'The lease of this server could not be renewed in time.'
    const waiting = new AbortController()
    fencing = waiting
    guarded.start(async () => {
      await clock.sleep(sentAt + safeMs - clock.monotonic(), waiting.signal)
      if (!waiting.signal.aborted) fence(why)
    })
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
  // Scheduled from the start of a renewal, which took 3 s of a lease of 6 on a busy machine.
  const run = async (signal: AbortSignal): Promise<number> => {
    const startedAt = clock.monotonic()
    try {
      await renew(signal)
      return Math.max(0, startedAt + everyMs - clock.monotonic())
    } catch (error) {
      onError(error)
      return Math.min(everyMs, RETRY_MS)
    }
  }
  const renewing = startJob({ name: 'renew the lease of this server', everyMs, run, clock, log })
  return {
    first: renewing.first,
    // After sleep or a process stop, the lease must be renewed before new runs.
    holds: () => !isOutdated && (!isShared || clock.monotonic() - renewedAt < safeMs),
    async close() {
      await renewing.close()
      fencing.abort()
    },
  }
}

/** Run times and deletions depend on the clock. */
function createClockCheck({ store, runner, log, report }: HeartbeatOptions): () => void {
  let isHeld = false
  return () => {
    const problem = store.servers.clockProblem()
    if (problem !== null && !isHeld) log.error(`${problem} It takes in no runs, and deletes nothing, until then.`)
    if (problem === null && isHeld) log.warn("This server's clock agrees with the database's again: it takes in runs.")
    isHeld = problem !== null
    runner.hold(problem)
    report?.({ kind: 'clock', problem })
  }
}

function createPoll(options: HeartbeatOptions, holdsLease: () => boolean) {
  const { store, runner, clock, leaseMs } = options
  let recoveredAt = Number.NEGATIVE_INFINITY
  const trustedNow = createTrustedNow(options)
  return async (signal: AbortSignal): Promise<void> => {
    if (!holdsLease()) return
    if (clock.monotonic() - recoveredAt >= leaseMs / 3) {
      recoveredAt = clock.monotonic()
      await recover(options, trustedNow, signal)
    }
    if (runner.state.running > 0) for (const id of await store.runs.listCancelRequests()) runner.cancelHere(id)
    await runner.wake()
  }
}
