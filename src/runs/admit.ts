/** The two ways into a run's path: at once, for whoever waits, and from the queue. */

import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { createId } from '../domain/id.ts'
import type { Run, Timing } from '../domain/run.ts'
import type { Workflow } from '../domain/workflow.ts'
import { UserError } from '../errors.ts'
import type { Cluster } from './cluster.ts'
import type { CodeLookup } from './code.ts'
import {
  abandon,
  abandonUnbegun,
  type EndedRun,
  execute,
  type PlannedRun,
  type RunDeps,
  type StartedRun,
  since,
  startRun,
} from './execute.ts'
import type { Queue } from './queue.ts'
import { busy, type Slots, stopping } from './slots.ts'
import type { WatchRun } from './watch-run.ts'

/** What a runner is made of. */
export type RunnerState = {
  readonly path: RunDeps
  readonly code: CodeLookup
  readonly slots: Slots
  readonly queue: Queue
  readonly cluster: Cluster
  readonly watchRun: WatchRun
  readonly queueMs: number
  /** Everything that must end before the server does. */
  readonly underWay: Set<Promise<unknown>>
  stopping: boolean
  fenced: boolean
  /** How often it was fenced: a run that was stored before the last time is somebody else's by now. */
  fences: number
}

/** How often a place that another server leaves is looked for. */
const MAX_SLOT_WAIT_MS = 200
const QUEUED_WAIT_MS = 24 * 3600 * 1000

/** The whole path of a run that somebody waits for. */
export function admitAwaited(context: RunnerState, planned: PlannedRun, acceptMs: number | null): Promise<EndedRun> {
  return track(context, admit(context, planned, acceptMs))
}

async function admit(context: RunnerState, planned: PlannedRun, acceptMs: number | null): Promise<EndedRun> {
  const { path, slots, queueMs } = context
  const { id, maxConcurrency } = planned.workflow
  const waitedFrom = performance.now()
  const release = await slots.acquire(id, maxConcurrency, queueMs)
  try {
    const timing = acceptMs === null ? {} : { accept: acceptMs }
    const started = await startWhenFree(context, planned, waitedFrom, timing)
    if (!context.fenced) return await execute(path, started)
    await abandon(path, started.runId)
    throw fenced()
  } finally {
    release()
  }
}

/** A place here is one of those that all servers share: where they have them all, it waits for theirs too. */
async function startWhenFree(
  context: RunnerState,
  planned: PlannedRun,
  waitedFrom: number,
  timing: Timing,
): Promise<StartedRun> {
  const { path, queueMs } = context
  for (let waitMs = 20; ; waitMs = Math.min(waitMs * 2, MAX_SLOT_WAIT_MS)) {
    if (context.fenced) throw fenced()
    const runId = createId('run', path.now(), randomBytes(16))
    const started = await startRun(path, planned, runId, { ...timing, queue: since(waitedFrom) })
    if (started !== null) return started
    if (context.stopping) throw stopping()
    const leftMs = waitedFrom + queueMs - performance.now()
    if (leftMs <= 0) throw busy(planned.workflow.maxConcurrency, queueMs)
    await delay(Math.min(waitMs, leftMs))
  }
}

const fenced = (): UserError =>
  new UserError('unavailable', 'This server has lost touch with its database. Call again in a moment.', {
    retryAfterSeconds: 5,
  })

/** A run that was claimed from the store: its row exists and says `running`. */
export async function admitQueued(context: RunnerState, run: Run): Promise<void> {
  const { path, code, slots } = context
  const { fences } = context
  const orAbandon = async (error: unknown) => {
    await abandonUnbegun(path, run.id, error)
    throw error
  }
  const workflow = await wholeWorkflow(context, run).catch(orAbandon)
  const { id, maxConcurrency } = workflow
  // A person may have taken the last place since the claim; nobody waits for this run, so it can. One that finds a
  // place runs even when the server has begun to stop: it was claimed, and would be lost.
  const release =
    slots.tryAcquire(id, maxConcurrency) ?? (await slots.acquire(id, maxConcurrency, QUEUED_WAIT_MS).catch(orAbandon))
  try {
    const [snapshot, ownCode] = await Promise.all([path.store.getSnapshot(id), code.of(run, workflow)]).catch(orAbandon)
    if (context.fenced || context.fences !== fences) return void (await abandon(path, run.id))
    const startedAt = run.startedAt ?? path.now()
    const timing = { queue: startedAt - (run.notBefore ?? run.createdAt) }
    await execute(path, {
      ...run,
      runId: run.id,
      workflow,
      code: ownCode,
      snapshot,
      startedAt,
      timing,
    })
  } finally {
    release()
  }
}

/** Throws UserError `not_found`. */
export async function wholeWorkflow({ path }: RunnerState, run: Run): Promise<Workflow> {
  const workflow = await path.store.getWorkflow(run.workflowId)
  if (workflow === null) throw new UserError('not_found', `There is no workflow ${run.workflowId}.`)
  return workflow
}

/** Counts it among what must end before the server does. */
export function track<T>({ underWay }: RunnerState, promise: Promise<T>): Promise<T> {
  underWay.add(promise)
  const forget = () => underWay.delete(promise)
  promise.then(forget, forget)
  return promise
}
