/** Refuses hook calls of durable versions. Other versions never wait. */

import { UserError } from '../../errors.ts'
import type { Store, StoreUse } from '../../store/store.ts'
import type { RunDeps } from './execute.ts'
import { durableOf } from './job.ts'

export const MAX_WAITING = { workflow: 50_000, all: 500_000 } as const
/** A count of 500,000 runs takes some 0.1 s of processor time. */
const COUNT_EVERY_MS = 5000

type Options = { readonly store: StoreUse<{ runs: 'countWaiting' }>; readonly now: () => number }
type Counts = Awaited<ReturnType<Store['runs']['countWaiting']>>

/** Counts every 5 s, so runs of the last seconds may exceed the limit. */
export function createWaitingLimit({ store, now }: Options): RunDeps['assertMayWait'] {
  let counted: Promise<Counts> | null = null
  let countedAt = 0

  function count(): Promise<Counts> {
    if (counted !== null && now() - countedAt < COUNT_EVERY_MS) return counted
    countedAt = now()
    counted = store.runs.countWaiting(null)
    counted.catch(() => {
      counted = null
    })
    return counted
  }

  return async ({ trigger, code, workflow }) => {
    if (trigger !== 'hook' || !durableOf(code, workflow)) return
    const counts = await count()
    assertBelow('of this workflow', counts.get(workflow.id) ?? 0, MAX_WAITING.workflow)
    assertBelow('of this installation', sum(counts), MAX_WAITING.all)
  }
}

const sum = (counts: Counts): number => [...counts.values()].reduce((total, count) => total + count, 0)

function assertBelow(whose: string, count: number, most: number): void {
  if (count < most) return
  const message = `${count} runs ${whose} wait, which is the limit. Call again when some of them have ended.`
  throw new UserError('busy', message, { retryAfterSeconds: 60 })
}
