/** Starts trials: which past runs, on which candidate. */

import { randomBytes } from 'node:crypto'
import type { Static } from 'typebox'
import type { Actor } from '../../../domain/actor.ts'
import { createId } from '../../../domain/id.ts'
import { type ModuleFiles, NO_FILES } from '../../../domain/modules/module-files.ts'
import { isFinal } from '../../../domain/run.ts'
import type { OutboundMode } from '../../../domain/trials/outgoing.ts'
import type { Trial } from '../../../domain/trials/trial.ts'
import { runNotFound } from '../../../errors.ts'
import type { RunFilter } from '../../../store/runs/records.ts'
import type { Store } from '../../../store/store.ts'
import { type ApiContext, checkRunId } from '../common/api.ts'
import { readTime } from '../common/read-time.ts'
import type { TrialCreate } from './schemas.ts'

/** `version`: of a saved version; otherwise the code itself. */
export type CandidateCode =
  | { readonly version: number }
  | { readonly version: null; readonly source: string; readonly files?: ModuleFiles }

type Plan = {
  readonly workflowId: string
  readonly candidate: CandidateCode
  readonly runIds: readonly string[]
  readonly outbound: OutboundMode
  readonly ignore: readonly string[]
  readonly by: Actor
}

const PAGE = 200

/** Stores a trial and starts it. */
export async function startTrial({ runner, now }: ApiContext, plan: Plan): Promise<Trial> {
  const { workflowId, candidate, runIds, outbound, ignore, by } = plan
  const code =
    candidate.version === null
      ? { version: null, source: candidate.source, files: candidate.files ?? NO_FILES }
      : { version: candidate.version, source: null, files: NO_FILES }
  const trial: Trial = {
    id: createId('trial', now(), randomBytes(16)),
    workflowId,
    ...code,
    outbound,
    ignore,
    status: 'running',
    counts: { same: 0, changed: 0, fixed: 0, broken: 0, not_comparable: 0 },
    total: runIds.length,
    createdAt: now(),
    createdBy: by,
    finishedAt: null,
  }
  await runner.trials.start(trial, runIds)
  return trial
}

/** The ids of the chosen runs. Throws `not_found` for one that is not the workflow's. */
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

/** Newest first. Without tests, trials, and runs of which nothing can be said: those that did not end by themselves. */
export async function lastRuns(store: Store, filter: RunFilter, last: number): Promise<readonly string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Store['listRuns']>> = await store.listRuns(
      { ...filter, tests: false },
      { limit: PAGE, cursor },
    )
    const ended = page.data.filter(({ status }) => isFinal(status) && status !== 'cancelled' && status !== 'lost')
    ids.push(...ended.map(({ id }) => id))
    cursor = page.nextCursor
  } while (cursor !== null && ids.length < last)
  return ids.slice(0, last)
}

async function checkRuns(store: Store, workflowId: string, runs: readonly string[]): Promise<readonly string[]> {
  const ids = [...new Set(runs)]
  for (const id of ids) {
    const run = await store.getRun(checkRunId(id))
    if (run === null || run.workflowId !== workflowId) throw runNotFound(id)
  }
  return ids
}
