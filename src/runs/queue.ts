import type { Logger } from 'pino'
import type { Run } from '../domain/runs/run.ts'
import { guard } from '../guard.ts'
import type { StoreUse } from '../store/store.ts'
import type { Slots } from './slots.ts'

const guarded = guard('the queue of runs')

export type Queue = {
  wake(): void
  close(): Promise<void>
}

export type QueueOptions = {
  readonly store: StoreUse<{ runs: 'claim' }>
  readonly slots: Slots
  readonly atOnce: number
  readonly held: () => readonly string[]
  readonly log: Logger
  readonly now: () => number
  readonly admit: (run: Run, onSlot: () => void) => Promise<void>
  readonly isOpen: () => boolean
}

/** The delay grows with each failure. `wake` does not shorten it. */
const FIRST_RETRY_MS = 100
const MAX_RETRY_MS = 5000

type Claim = { readonly workflowId: string; hasSlot: boolean }

export function createQueue({ store, slots, atOnce, held, log, now, admit, isOpen }: QueueOptions): Queue {
  const active = new Map<Promise<void>, Claim>()
  let closed = false
  let wanted = false
  let claiming: Promise<void> | null = null
  let retryMs = FIRST_RETRY_MS
  let retry: NodeJS.Timeout | null = null

  async function claimWhileCapacity(): Promise<void> {
    while (wanted && !closed && isOpen()) {
      wanted = false
      while (!closed && active.size < atOnce && (await claimOne()));
    }
  }

  async function claimOne(): Promise<boolean> {
    const run = await claimFairly({ store, slots, now }, held(), [...active.values()])
    retryMs = FIRST_RETRY_MS
    return run === null ? false : begin(run)
  }

  function begin(run: Run): true {
    const claim = { workflowId: run.workflowId, hasSlot: false }
    const onSlot = () => {
      claim.hasSlot = true
      wake()
    }
    const ended = admit(run, onSlot)
      .catch((error: unknown) => log.error({ err: error, runId: run.id }, 'a queued run failed inside the server'))
      .finally(() => {
        active.delete(ended)
        wake()
      })
    active.set(ended, claim)
    return true
  }

  function retryLater(error: unknown): void {
    log.error({ err: error, retryMs }, 'queued runs could not be claimed; trying again')
    if (closed) return
    wanted = false
    retry = guarded.setTimeout(() => {
      retry = null
      wake()
    }, retryMs)
    retryMs = Math.min(retryMs * 2, MAX_RETRY_MS)
  }

  function wake(): void {
    if (retry !== null) return
    wanted = true
    claiming ??= claimWhileCapacity()
      .catch(retryLater)
      .finally(() => {
        claiming = null
        if (wanted && !closed && isOpen()) guarded.setImmediate(wake)
      })
  }

  return {
    wake,
    async close() {
      closed = true
      if (retry !== null) clearTimeout(retry)
      await claiming
      await Promise.all(active.keys())
    },
  }
}

/** Workflows with the fewest active runs come first: none delays the others. */
async function claimFairly(
  { store, slots, now }: Pick<QueueOptions, 'store' | 'slots' | 'now'>,
  held: readonly string[],
  claims: readonly Claim[],
): Promise<Run | null> {
  const counts = countEach(claims)
  const limit = Math.max(0, ...counts.values())
  // Another claimed run of such a workflow would be marked running while it waits for a slot.
  const starting = [...countEach(claims.filter(({ hasSlot }) => !hasSlot))]
    .filter(([workflowId, count]) => count >= slots.free(workflowId))
    .map(([workflowId]) => workflowId)
  for (let share = 1; ; share *= 2) {
    const served = [...counts].filter(([, count]) => count >= share).map(([workflowId]) => workflowId)
    const excluded = new Set([...slots.full(), ...held, ...starting, ...served])
    const [run] = await store.runs.claim(1, now(), [...excluded])
    if (run !== undefined) return run
    if (share > limit) return null
  }
}

function countEach(claims: readonly Claim[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { workflowId } of claims) counts.set(workflowId, (counts.get(workflowId) ?? 0) + 1)
  return counts
}
