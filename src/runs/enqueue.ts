import { isFinal, type Run } from '../domain/runs/run.ts'
import { UserError } from '../errors.ts'
import { newId } from '../random.ts'
import type { DeadReplay } from './calls.ts'
import { type RunDeps, unavailable } from './execution/execute.ts'
import { type PlannedRun, rowOf } from './execution/planned.ts'
import { type HookResult, resultOfStored } from './hook-result.ts'
import { startOnce } from './once.ts'
import type { WatchRun } from './watch-run.ts'

const MAX_LANE_WAIT_MS = 2 * 3600 * 1000

export type Queueing = {
  readonly wake: () => void
  readonly watch: WatchRun
  readonly isStopping: () => boolean
}

/** Throws UserError `busy` if too many of the workflow's runs are queued. */
export async function enqueue(deps: RunDeps, planned: PlannedRun): Promise<string> {
  const { store, now, log, privacy } = deps
  await deps.assertMayWait(planned)
  await deps.assertQueueFree(planned.workflow.id)
  const createdAt = now()
  const runId = newId('run', createdAt)
  try {
    const kept = await privacy.keep(planned.workflow, planned.request)
    const row = rowOf(planned, runId, kept)
    const original = row.request === planned.request ? null : planned.request
    const waits = kept !== null && planned.waits === true
    await store.runs.insert({ ...row, original, waits, createdAt, startedAt: null })
  } catch (error) {
    throw unavailable(log, error)
  }
  return runId
}

/** If the lane is not free within `queueMs`, cancels the run and throws UserError `busy`. */
export async function runInLane(
  deps: RunDeps,
  planned: PlannedRun,
  queueMs: number,
  { wake, watch, isStopping }: Queueing,
): Promise<Run> {
  const runId = await enqueue(deps, { ...planned, isAttended: true, waits: true })
  wake()
  const early = await watch(runId, queueMs, isStopping, true)
  if (early?.status === 'queued' && (await deps.store.runs.cancelQueued(runId, deps.now()))) {
    throw new UserError('busy', `Other runs of the same lane did not end within ${queueMs / 1000} s. Nothing ran.`, {
      retryAfterSeconds: Math.ceil(queueMs / 1000),
    })
  }
  const isOver = early !== null && (isFinal(early.status) || early.status === 'waiting')
  const run = isOver ? early : await watch(runId, MAX_LANE_WAIT_MS, isStopping, true)
  if (run === null) throw new UserError('conflict', 'The run was deleted while its caller waited for it.')
  const given = planned.workflow.privacy === null ? null : await deps.store.privacy.takeAnswer(run.id)
  return given === null ? run : { ...run, ...given }
}

export async function callQueued(
  deps: RunDeps,
  planned: PlannedRun,
  waitMs: number,
  { wake, watch, isStopping }: Queueing,
): Promise<HookResult> {
  const waits = waitMs > 0
  const start = async () => ({ runId: await enqueue(deps, { ...planned, waits }), replayed: false })
  const again = ({ id }: Run) => ({ runId: id, replayed: true })
  const { runId, replayed } = planned.key == null ? await start() : await startOnce(deps, planned.key, { start, again })
  wake()
  const run = waitMs === 0 ? null : await watch(runId, waitMs, isStopping)
  if (run !== null) {
    const given = planned.workflow.privacy === null || replayed ? null : await deps.store.privacy.takeAnswer(run.id)
    return resultOfStored(given === null ? run : { ...run, ...given }, replayed)
  }
  return { runId, status: 'queued', code: null, message: null, response: null, replayed }
}

const MAX_REPLAYED = 1000
/** Small transactions delay other writes less. */
const REPLAYED_TOGETHER = 50

/** Oldest first. Returns the number of queued runs. */
export async function replayDead(
  { store, now }: RunDeps,
  queue: Pick<Queueing, 'wake'>,
  { groupId, workflowId, runId, by }: DeadReplay,
): Promise<number> {
  const runIds = runId === null ? await store.runs.oldestDeadRuns(groupId, MAX_REPLAYED) : [runId]
  let total = 0
  for (let start = 0; start < runIds.length; start += REPLAYED_TOGETHER) {
    total += await store.together(async (tx) => {
      let replayed = 0
      for (const id of runIds.slice(start, start + REPLAYED_TOGETHER))
        if ((await tx.runs.replayDeadRun(id, now(), by)) !== null) replayed += 1
      if (replayed === 0) return 0
      const detail = `${replayed} of ${groupId}`
      await tx.audit.add({ at: now(), by, action: 'dead_letters.replay', workflowId, detail })
      return replayed
    })
  }
  queue.wake()
  return total
}
