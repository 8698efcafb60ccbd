/**
 * Starts runs for whoever asks: hook, person, replay, schedule. They differ only in who creates the run and
 * who waits; the path itself is in runs/execute.ts.
 */

import type { Actor } from '../domain/actor.ts'
import type { IdempotencyKey } from '../domain/idempotency.ts'
import type { LogLine, Run, RunRequest } from '../domain/run.ts'
import type { Workflow } from '../domain/workflow.ts'
import { UserError } from '../errors.ts'
import { admitAwaited, admitQueued, type RunnerState, track, wholeWorkflow } from './admit.ts'
import { createCluster, type RemoteWatch } from './cluster.ts'
import { createCodeLookup } from './code.ts'
import { callQueued, enqueue, type Queueing } from './enqueue.ts'
import type { PlannedRun, RunDeps } from './execute.ts'
import { type HookResult, resultOfAgain, resultOfEnded } from './hook-result.ts'
import { createLiveRuns, type LiveRuns, type OnChange } from './live-runs.ts'
import { startOnce } from './once.ts'
import { createQueue } from './queue.ts'
import { createSlots } from './slots.ts'
import { createWatchRun } from './watch-run.ts'

type HookCall = {
  readonly request: RunRequest
  /** What reading and checking the request took. */
  readonly acceptMs: number
  /** With a key there is one run for all calls that have it, and one answer. */
  readonly key: IdempotencyKey | null
  /** How long the caller waits for the answer; null: until the end. */
  readonly waitMs: number | null
  /** Whether the caller has gone by now. */
  readonly isGone: () => boolean
}

type ManualRun = {
  readonly workflow: Workflow
  readonly request: RunRequest | null
  /** Version number; null: the deployed one. Ignored with `source`. */
  readonly version: number | null
  readonly source: string | null
  readonly keepSettings: boolean
  /** Nobody waits: the run is only queued. */
  readonly background?: boolean
}

export type Runner = {
  /**
   * Waits for a place, stores the run, runs it, commits it; or stores it as queued, and waits as long as the caller does.
   * Throws UserError (`busy`, `stopping`, `disabled`, `not_deployed`, `unavailable`, `key_in_use`, `key_reused`) when
   * there is no run.
   */
  runHook(workflow: Workflow, call: HookCall): Promise<HookResult>
  /** Runs now and waits for the end. Throws UserError (`not_found` version, `not_deployed`, `busy`, …). */
  runManual(manual: ManualRun): Promise<Run>
  /**
   * The same request again as a new run; `version` null: the one that is deployed now (or the run's own when none is).
   * In the background nobody waits: the run is only queued.
   */
  replay(runId: string, version: number | null, background?: boolean): Promise<Run>
  /** Queues a dead letter's run again, or all of its group, oldest first (at most 1,000); gives how many. */
  replayDead(groupId: string, runId: string | null): Promise<number>
  /** Ends a run wherever it is under way. False when it had already ended; throws `not_found`. */
  cancel(runId: string, by: Actor): Promise<boolean>
  /** Lines so far of a run under way here, then each new one; `onEnd` once it is committed. Null when it is not under way here. */
  watchLogs: LiveRuns['watch']
  /** New lines of a run that another server carries, as far as they come; all of them are stored with its end. */
  watchRemote(runId: string, onLine: (line: LogLine) => void): RemoteWatch
  /** Called on every change of a run's state, for live pages and metrics. Returns how to stop. */
  onRunChange(listener: OnChange): () => void
  /** Looks for queued runs in the store now. */
  wake(): void
  /** `poke`, here and on the other servers. */
  wakeAll(): void
  /** Ends a run that is under way here, as a person asked on another server. */
  cancelHere(runId: string): void
  /** Others may take this server for dead: its runs end as lost, and it takes no others until `unfence`. */
  fence(): void
  unfence(): void
  readonly state: { readonly stopping: boolean; readonly running: number; readonly waiting: number }
  /** Stops taking runs, lets those under way finish for at most the grace time, then ends them. */
  close(): Promise<void>
}

export type RunnerOptions = Omit<RunDeps, 'live'> & { readonly queueSeconds: number; readonly graceSeconds: number }

/** Dead letters that one call replays: it is over within seconds. */
const MAX_REPLAYED = 1000

export function createRunner({ queueSeconds, graceSeconds, ...options }: RunnerOptions): Runner {
  const path: RunDeps = { ...options, live: createLiveRuns() }
  const { store, log, now } = path
  const slots = createSlots()
  const queue = createQueue({
    store,
    slots,
    log,
    now,
    admit: (run) => admitQueued(context, run),
    isOpen: () => !context.fenced,
  })
  const context: RunnerState = {
    path,
    code: createCodeLookup(store),
    slots,
    queue,
    cluster: createCluster({ store, live: path.live, onQueued: queue.wake }),
    watchRun: createWatchRun(path),
    queueMs: queueSeconds * 1000,
    underWay: new Set(),
    stopping: false,
    fenced: false,
    fences: 0,
  }
  return {
    runHook: (workflow, call) => runHook(context, workflow, call),
    runManual: (manual) => runManual(context, manual),
    replay: (runId, version, background) => replay(context, runId, version, background),
    replayDead: (groupId, runId) => replayDead(context, groupId, runId),
    cancel: (runId, by) => cancel(context, runId, by),
    watchLogs: path.live.watch,
    watchRemote: context.cluster.watch,
    onRunChange: path.live.onChange,
    wake: queue.wake,
    wakeAll() {
      queue.wake()
      store.publish({ kind: 'queued' })
    },
    cancelHere: (runId) => void path.live.cancel(runId),
    fence() {
      context.fenced = true
      context.fences += 1
      path.live.loseAll()
    },
    unfence() {
      context.fenced = false
    },
    state: {
      get stopping() {
        return context.stopping
      },
      get running() {
        return path.live.size
      },
      get waiting() {
        return slots.waiting
      },
    },
    close: () => close(context, graceSeconds * 1000),
  }
}

async function runHook(
  context: RunnerState,
  workflow: Workflow,
  { request, acceptMs, key, waitMs, isGone }: HookCall,
): Promise<HookResult> {
  if (!workflow.enabled) throw new UserError('disabled', 'The workflow is disabled.', { retryAfterSeconds: 60 })
  const code = await context.code.deployed(workflow)
  const planned = { workflow, code, trigger: 'hook', request, replayOf: null, keepSettings: true, key } as const
  if (waitMs !== null) return await track(context, callQueued(context.path, planned, waitMs, queueOf(context)))
  const start = async () => resultOfEnded(await admitAwaited(context, { ...planned, isGone }, acceptMs))
  return key === null ? await start() : await startOnce(context.path, key, { start, again: resultOfAgain })
}

const queueOf = (context: RunnerState): Queueing => ({
  wake: context.queue.wake,
  watch: context.watchRun,
  isStopping: () => context.stopping,
})

async function runManual(context: RunnerState, manual: ManualRun): Promise<Run> {
  const { workflow, request, source, version, keepSettings, background = false } = manual
  const code =
    source !== null
      ? { id: null, source }
      : version === null
        ? await context.code.deployed(workflow)
        : await context.code.numbered(workflow, version)
  const planned = { workflow, code, trigger: 'manual', request, replayOf: null, keepSettings } as const
  return await start(context, planned, background)
}

/** Runs and waits for the end, or only queues. */
async function start(context: RunnerState, planned: PlannedRun, background: boolean): Promise<Run> {
  if (!background) {
    const { runId, scratch } = await admitAwaited(context, planned, null)
    const run = await wholeRun(context, runId)
    return run.keepSettings ? run : { ...run, scratchChanges: scratch }
  }
  if (context.stopping) throw new UserError('stopping', 'The server is stopping. Call again in a moment.')
  const runId = await enqueue(context.path, planned)
  context.queue.wake()
  return await wholeRun(context, runId)
}

async function replay(context: RunnerState, runId: string, version: number | null, background = false): Promise<Run> {
  const original = await wholeRun(context, runId)
  const workflow = await wholeWorkflow(context, original)
  const { request, keepSettings } = original
  const code =
    version !== null
      ? await context.code.numbered(workflow, version)
      : workflow.deployedVersionId !== null
        ? await context.code.deployed(workflow)
        : await context.code.of(original, workflow)
  const planned = { workflow, code, trigger: 'replay', request, replayOf: runId, keepSettings } as const
  return await start(context, planned, background)
}

async function replayDead({ path, queue }: RunnerState, groupId: string, runId: string | null): Promise<number> {
  const { store, now } = path
  const runIds = runId === null ? await store.oldestDeadRuns(groupId, MAX_REPLAYED) : [runId]
  let replayed = 0
  for (const id of runIds) if ((await store.replayDeadRun(id, now())) !== null) replayed += 1
  queue.wake()
  return replayed
}

async function cancel(context: RunnerState, runId: string, by: Actor): Promise<boolean> {
  const { live, store, log, now } = context.path
  log.info({ runId, by: by.id }, 'cancel a run')
  if (live.cancel(runId)) return true
  await wholeRun(context, runId)
  const isAsked = await store.requestCancel(runId, now())
  if (isAsked) store.publish({ kind: 'cancel', runId })
  return isAsked
}

async function wholeRun({ path }: RunnerState, runId: string): Promise<Run> {
  const run = await path.store.getRun(runId)
  if (run === null) throw new UserError('not_found', `There is no run ${runId}.`)
  return run
}

async function close(context: RunnerState, graceMs: number): Promise<void> {
  context.stopping = true
  context.slots.close()
  const all = Promise.all([context.queue.close(), Promise.allSettled([...context.underWay])])
  const timer = setTimeout(() => context.path.live.loseAll(), graceMs)
  await all
  clearTimeout(timer)
  context.cluster.close()
}
