/** Runs a version on a past run's request with changed fields. Nothing is kept or recorded. */

import { setTimeout as delay } from 'node:timers/promises'
import type { OutgoingCall } from '../../domain/runs/outgoing.ts'
import type { Run } from '../../domain/runs/run.ts'
import { newId } from '../../random.ts'
import { abandon, execute, type RunDeps, start } from '../execution/execute.ts'
import type { Fence } from '../execution/fence.ts'
import type { TakenDecision } from '../execution/steps.ts'
import { type Candidate, planCase } from './case.ts'

export type VariantDeps = { readonly deps: RunDeps; readonly fence: Fence }

export type Base = {
  readonly run: Run
  readonly calls: readonly OutgoingCall[]
  readonly document: unknown
}

/** Includes decisions of a run that failed afterwards. */
export async function runVariant(
  { deps, fence }: VariantDeps,
  candidate: Omit<Candidate, 'ignore'>,
  { run, calls }: Base,
  document: unknown,
  own: Set<string>,
): Promise<readonly TakenDecision[]> {
  const { request } = run
  if (request === null) return []
  const body = Buffer.from(JSON.stringify(document))
  const planned = await planCase(deps, candidate, run, calls, { ...request, body })
  fence.assertOpen()
  const { epoch } = fence
  const runId = newId('run', deps.now())
  own.add(runId)
  try {
    const started = await start(deps, planned, runId, {})
    if (started === null) return []
    if (!fence.owns(epoch)) {
      await abandon(deps, runId)
      return []
    }
    return (await execute(deps, started)).taken
  } finally {
    own.delete(runId)
  }
}

const MAX_PARALLEL = 4
const BESIDE_MS = 2000
/** Multiple of a run's duration. Without the rest, the 95th percentile of hooks took 1.9 times as long. */
const REST = 4
const MAX_REST_MS = 500

export type Pace = <Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
) => Promise<readonly (Result | null)[]>

/** While other runs are active, works on one item at a time, with a rest after each. Null: stopped. */
export function createPace(
  { live }: Pick<RunDeps, 'live'>,
  own: ReadonlySet<string>,
  isStopped: () => boolean | Promise<boolean>,
): Pace {
  let otherAt = Number.NEGATIVE_INFINITY
  const isBesideOthers = () => {
    if (live.size > own.size) otherAt = performance.now()
    return performance.now() - otherAt < BESIDE_MS
  }
  return async (items, work) => {
    const results = items.map((): Awaited<ReturnType<typeof work>> | null => null)
    let next = 0
    const worker = async (isFirst: boolean): Promise<void> => {
      while (next < items.length && !(await isStopped())) {
        const at = next
        next += 1
        const begun = performance.now()
        const item = items[at]
        if (item !== undefined) results[at] = await work(item)
        if (!isBesideOthers()) continue
        if (!isFirst) return
        await delay(Math.min(REST * (performance.now() - begun), MAX_REST_MS))
      }
    }
    const count = isBesideOthers() ? 1 : MAX_PARALLEL
    await Promise.all(Array.from({ length: count }, (_, index) => worker(index === 0)))
    return results
  }
}
