import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { type Job, startJob } from '../start-job.ts'
import type { StoreUse } from '../store/store.ts'

export type AnchorOptions = {
  readonly store: StoreUse<{ servers: 'leads' | 'sharedNow'; decisions: 'listChains' | 'anchorChains' }>
  readonly log: Logger
  readonly clock: Clock
}

const EVERY_MS = 10 * 60_000
const DAY_MS = 86_400_000
/** One transaction, and one message of at most 16 KiB. */
const PAGE = 100
const BY = { type: 'run', id: '', name: 'Workflows' } as const

/**
 * Once a day, the oldest server writes the head of each grown chain to the audit log, and sends the heads to channels
 * with `anchors`.
 */
export function startAnchors({ store, log, clock }: AnchorOptions): Job {
  const run = async (signal: AbortSignal): Promise<void> => {
    const at = store.servers.sharedNow()
    const due = (await store.decisions.listChains(null))
      .filter(({ head, anchored }) => head.number > anchored.number && at - anchored.at >= DAY_MS)
      .map(({ workflowId, head }) => ({ workflowId, ...head }))
    for (let from = 0; from < due.length && !signal.aborted; from += PAGE)
      await store.decisions.anchorChains(due.slice(from, from + PAGE), at, BY)
  }
  return startJob({ name: 'anchor decisions', everyMs: EVERY_MS, run, leads: store.servers.leads, clock, log })
}
