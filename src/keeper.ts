/** Keeps this server's lease, takes over what servers that are gone have left, and gives up in time when it can't. */

import type { Logger } from 'pino'
import type { Runner } from './runner.ts'
import type { Store } from './store/store.ts'

export type Keeper = { close(): Promise<void> }

export type KeeperOptions = {
  readonly store: Pick<Store, 'heartbeat' | 'recoverLostRuns' | 'listCancelRequests' | 'sweep'>
  readonly runner: Pick<Runner, 'fence' | 'unfence' | 'poke' | 'cancelHere' | 'state'>
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

/** Looks once before it resolves, then again and again. */
export async function startKeeper(options: KeeperOptions): Promise<Keeper> {
  const { store, runner, log, now, leaseMs, isShared } = options
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let fence: NodeJS.Timeout | undefined
  let renewedAt = Number.NEGATIVE_INFINITY

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
      sentAt + leaseMs * (5 / 6) - performance.now(),
    )
  }

  const look = async (): Promise<void> => {
    if (performance.now() - renewedAt >= leaseMs / 3) {
      await renew()
      const lost = await store.recoverLostRuns(now())
      if (lost.length > 0) log.warn({ runs: lost.slice(0, 20), count: lost.length }, 'runs were lost with their server')
      for (let batch = 0; batch < MAX_SWEEPS && (await store.sweep(now())) > 0; batch += 1);
    }
    if (runner.state.running > 0) for (const id of await store.listCancelRequests()) runner.cancelHere(id)
    runner.poke()
  }
  let looking: Promise<void>
  const lookAgain = (): Promise<void> =>
    look()
      .catch((error: unknown) => log.error({ err: error }, 'this server could not look after its lease; trying again'))
      .finally(() => {
        if (!closed) timer = setTimeout(() => (looking = lookAgain()), LOOK_EVERY_MS)
      })
  looking = lookAgain()
  await looking
  return {
    async close() {
      closed = true
      clearTimeout(timer)
      await looking
      clearTimeout(fence)
    },
  }
}
