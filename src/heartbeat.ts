/** Keeps this server's lease, takes over what servers that are gone have left, and gives up in time when it can't. */

import type { Logger } from 'pino'
import type { Runner } from './runs/runner.ts'
import type { Store } from './store/store.ts'

export type Heartbeat = { close(): Promise<void> }

export type HeartbeatOptions = {
  readonly store: Pick<Store, 'heartbeat' | 'recoverLostRuns' | 'listCancelRequests' | 'sweep'>
  readonly runner: Pick<Runner, 'fence' | 'unfence' | 'wake' | 'cancelHere' | 'state'>
  readonly log: Logger
  readonly now: () => number
  readonly leaseMs: number
  /** Whether other servers can take over: then runs end before the lease does. */
  readonly isShared: boolean
}

/** Batches of rows past their time that are deleted between two renewals. */
const MAX_SWEEPS = 20
/** Behind the signals, which may get lost. */
const LOOK_EVERY_MS = 1000

/** Renews and looks once before it resolves, then again and again; a look that takes long holds up no renewal. */
export async function startHeartbeat(options: HeartbeatOptions): Promise<Heartbeat> {
  const { store, runner, log, now, leaseMs, isShared } = options
  const safeMs = leaseMs * (5 / 6)
  let closed = false
  let fence: NodeJS.Timeout | undefined
  let renewedAt = performance.now()
  let recoveredAt = Number.NEGATIVE_INFINITY

  /** By the monotonic clock, from before the renewal was sent: never later than the database counts. */
  const renew = async (): Promise<void> => {
    const sentAt = performance.now()
    await store.heartbeat()
    renewedAt = sentAt
    runner.unfence()
    clearTimeout(fence)
    if (!isShared || closed) return
    fence = setTimeout(
      () => {
        log.error('the lease of this server could not be renewed in time: its runs end, and it takes no others')
        runner.fence()
      },
      sentAt + safeMs - performance.now(),
    )
  }

  const look = async (): Promise<void> => {
    // It slept, or was stopped: others may take it for dead, and nothing new is begun before it has its lease again.
    if (isShared && performance.now() - renewedAt >= safeMs) return
    if (performance.now() - recoveredAt >= leaseMs / 3) {
      recoveredAt = performance.now()
      const lost = await store.recoverLostRuns(now())
      if (lost.length > 0) log.warn({ runs: lost.slice(0, 20), count: lost.length }, 'runs were lost with their server')
      for (let batch = 0; batch < MAX_SWEEPS && !closed && (await store.sweep(now())) > 0; batch += 1);
    }
    if (runner.state.running > 0) for (const id of await store.listCancelRequests()) runner.cancelHere(id)
    runner.wake()
  }

  const renewing = repeat(renew, leaseMs / 3, (error) =>
    log.error({ err: error }, 'the lease of this server could not be renewed; trying again'),
  )
  await renewing.first
  const looking = repeat(look, LOOK_EVERY_MS, (error) =>
    log.error({ err: error }, 'this server could not look after its runs; trying again'),
  )
  await looking.first
  return {
    async close() {
      closed = true
      await Promise.all([renewing.close(), looking.close()])
      clearTimeout(fence)
    },
  }
}

/** Does it now, and again so long after it has ended; after a failure as soon as one looks. */
function repeat(work: () => Promise<void>, everyMs: number, onError: (error: unknown) => void) {
  let closed = false
  let timer: NodeJS.Timeout | undefined
  const once = async (): Promise<void> => {
    let waitMs = everyMs
    try {
      await work()
    } catch (error) {
      onError(error)
      waitMs = Math.min(everyMs, LOOK_EVERY_MS)
    }
    if (!closed) timer = setTimeout(() => (current = once()), waitMs)
  }
  const first = once()
  let current = first
  return {
    first,
    async close(): Promise<void> {
      closed = true
      clearTimeout(timer)
      await current
    },
  }
}
