import type { Worker } from '../worker/worker.ts'
import type { Group } from './group.ts'

type Counted = Pick<Group, 'spec' | 'busy'>

export function countBusy<G extends Counted>(
  groups: Iterable<G>,
  workflowId: string,
  weigh: (group: G) => number = () => 1,
): { own: number; others: number } {
  const busy = { own: 0, others: 0 }
  for (const group of groups) busy[group.spec.workflowId === workflowId ? 'own' : 'others'] += group.busy * weigh(group)
  return busy
}

/** At most half of what other workflows leave, because runs can hold workers for an hour. */
export function hasShare({ own, others, max }: { own: number; others: number; max: number }): boolean {
  return own < Math.max(1, Math.floor((max - others) / 2))
}

export function findOldestIdle(groups: Iterable<Group>, except: Group): Worker | null {
  let oldest: Worker | null = null
  for (const group of groups) {
    const candidate = group === except ? undefined : group.oldestIdle
    if (candidate !== undefined && (oldest === null || candidate.idleSince < oldest.idleSince)) oldest = candidate
  }
  return oldest
}
