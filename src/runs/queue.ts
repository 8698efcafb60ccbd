/** Starts the runs that nobody waits for: the store's queued rows, claimed one by one while there is room. */

import type { Logger } from 'pino'
import type { Run } from '../domain/run.ts'
import type { Store } from '../store/store.ts'
import type { Places } from './places.ts'

export type Queue = {
  /** Looks for queued runs now. */
  poke(): void
  /** Stops claiming; resolves when the claimed runs have ended. */
  close(): Promise<void>
}

/** Queued runs under way at once on this server; more would only wait for a processor. */
const MAX_UNDER_WAY = 16

export function createQueue(options: {
  readonly store: Store
  readonly places: Places
  readonly log: Logger
  readonly now: () => number
  readonly perform: (run: Run) => Promise<void>
}): Queue {
  const { store, places, log, now, perform } = options
  const underWay = new Set<Promise<void>>()
  let closed = false
  let wanted = false
  let claiming: Promise<void> | null = null

  async function claimWhileRoom(): Promise<void> {
    while (wanted && !closed) {
      wanted = false
      while (!closed && underWay.size < MAX_UNDER_WAY && (await claimOne()));
    }
  }

  async function claimOne(): Promise<boolean> {
    const [run] = await store.claimRuns(1, now(), places.full())
    if (run === undefined) return false
    const performed = perform(run)
      .catch((error: unknown) => log.error({ err: error, runId: run.id }, 'a queued run failed on our side'))
      .finally(() => {
        underWay.delete(performed)
        poke()
      })
    underWay.add(performed)
    return true
  }

  function poke(): void {
    wanted = true
    claiming ??= claimWhileRoom()
      .catch((error: unknown) => log.error({ err: error }, 'queued runs could not be claimed'))
      .finally(() => {
        claiming = null
        if (wanted && !closed) setImmediate(poke)
      })
  }

  return {
    poke,
    async close() {
      closed = true
      await claiming
      await Promise.all(underWay)
    },
  }
}
