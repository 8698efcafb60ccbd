/** Runs that nobody waits for, or not to the end: rows in the store's queue. */

import { randomBytes } from 'node:crypto'
import { createId } from '../domain/id.ts'
import type { Run } from '../domain/run.ts'
import { UserError } from '../errors.ts'
import { type PlannedRun, type RunDeps, rowOf, unavailable } from './execute.ts'
import { type HookResult, resultOfStored } from './hook-result.ts'
import { startOnce } from './once.ts'
import type { WatchRun } from './watch-run.ts'

/** Each one holds its request on disk; more than this many waiting means that more come than can ever run. */
const MAX_QUEUED = 10_000

export type Queueing = {
  readonly wake: () => void
  readonly watch: WatchRun
  readonly isStopping: () => boolean
}

/** Stores a run as `queued`, flushed; gives its id. Throws UserError `busy` when too many of its workflow wait already. */
export async function enqueue(path: RunDeps, planned: PlannedRun): Promise<string> {
  const { store, now, log } = path
  const { id } = planned.workflow
  if ((await store.countQueued(id, MAX_QUEUED)) >= MAX_QUEUED) {
    throw new UserError('busy', `${MAX_QUEUED} runs of this workflow are waiting already. Call again later.`, {
      retryAfterSeconds: 60,
    })
  }
  const createdAt = now()
  const runId = createId('run', createdAt, randomBytes(16))
  try {
    await store.insertRun({ ...rowOf(planned, runId), createdAt, startedAt: null })
  } catch (error) {
    throw unavailable(log, error)
  }
  return runId
}

/** A hook's call whose caller waits at most `waitMs`: what has come of it by then. */
export async function callQueued(
  path: RunDeps,
  planned: PlannedRun,
  waitMs: number,
  { wake, watch, isStopping }: Queueing,
): Promise<HookResult> {
  const start = async () => ({ runId: await enqueue(path, planned), replayed: false })
  const again = ({ id }: Run) => ({ runId: id, replayed: true })
  const { runId, replayed } = planned.key == null ? await start() : await startOnce(path, planned.key, { start, again })
  wake()
  // Whoever does not wait was answered with the acknowledgement, and is again.
  const run = waitMs === 0 ? null : await watch(runId, waitMs, isStopping)
  if (run !== null) return resultOfStored(run, replayed)
  return { runId, status: 'queued', code: null, message: null, response: null, replayed }
}
