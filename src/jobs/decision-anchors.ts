import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { type Job, startJob } from '../start-job.ts'
import { ANCHOR_ACTION } from '../store/decisions/read.ts'
import type { Store } from '../store/store.ts'

export type AnchorOptions = {
  readonly store: Pick<Store, 'leads' | 'listChains' | 'anchorChain' | 'sharedNow'>
  readonly log: Logger
  readonly clock: Clock
}

const EVERY_MS = 10 * 60_000
const DAY_MS = 86_400_000
const BY = { type: 'run', id: '', name: 'Workflows' } as const

/** Each day, writes the head of each chain that has grown to the audit log. Only the oldest server does it. */
export function startAnchors({ store, log, clock }: AnchorOptions): Job {
  const run = async (signal: AbortSignal): Promise<void> => {
    const at = store.sharedNow()
    for (const chain of await store.listChains(null)) {
      if (signal.aborted) return
      const { workflowId, head, anchored } = chain
      if (head.number <= anchored.number || at - anchored.at < DAY_MS) continue
      const detail = `${head.number} ${head.sha256}`
      await store.anchorChain(chain, { at, by: BY, action: ANCHOR_ACTION, workflowId, detail })
    }
  }
  return startJob({ name: 'anchor decisions', everyMs: EVERY_MS, run, leads: store.leads, clock, log })
}
