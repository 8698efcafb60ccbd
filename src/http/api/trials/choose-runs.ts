import type { Static } from 'typebox'
import { runNotFound } from '../../../errors.ts'
import { lastRuns } from '../../../runs/trials/last-runs.ts'
import type { Store } from '../../../store/store.ts'
import { checkRunId } from '../common/api.ts'
import { readTime } from '../common/read-time.ts'
import type { TrialCreate } from './schemas.ts'

/** Throws `not_found` for a run of another workflow. */
export async function chooseRuns(
  store: Store,
  workflowId: string,
  runs: Static<typeof TrialCreate>['runs'],
): Promise<readonly string[]> {
  if (!('last' in runs)) return await checkRuns(store, workflowId, runs)
  const { last, failing = false } = runs
  const filter = { failing, since: readTime('runs.since', runs.since), until: readTime('runs.until', runs.until) }
  return await lastRuns(store, { workflowId, ...filter }, last)
}

async function checkRuns(store: Store, workflowId: string, runs: readonly string[]): Promise<readonly string[]> {
  const ids = [...new Set(runs)]
  for (const id of ids) {
    const run = await store.runs.get(checkRunId(id))
    if (run === null || run.workflowId !== workflowId) throw runNotFound(id)
  }
  return ids
}
