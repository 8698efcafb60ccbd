/** src/runs/execution/execute.ts has the path of each run. */

import { type CodeText, NO_FILES } from '../domain/modules/module-files.ts'
import type { LogLine, Run } from '../domain/runs/run.ts'
import type { Actor } from '../domain/shared/actor.ts'
import type { Workflow } from '../domain/workflows/workflow.ts'
import { stopping, UserError } from '../errors.ts'
import { guard } from '../guard.ts'
import type { AuditEntry } from '../store/audit/audit.ts'
import { runErased } from '../store/runs/rows/erased.ts'
import { type Admission, admit, admitQueued, getRun, getWorkflow, readLimits } from './admit.ts'
import type { DeadReplay, HookCall, ManualRun, Replay } from './calls.ts'
import { chooseVersion } from './choose-version.ts'
import { type Cluster, createCluster, type RemoteWatch } from './cluster.ts'
import { cancel, continueRun, wakeRun } from './continue-run.ts'
import { callQueued, enqueue, type Queueing, replayDead, runInLane } from './enqueue.ts'
import { type PostedEvent, receiveEvent } from './events.ts'
import { createCodeLookup } from './execution/code.ts'
import type { RunDeps } from './execution/execute.ts'
import { createFence } from './execution/fence.ts'
import { createLiveRuns, type LiveRuns, type OnChange } from './execution/live-runs.ts'
import type { PlannedRun } from './execution/planned.ts'
import { settleChildren } from './execution/settle-children.ts'
import { type HookResult, resultOfEnded, resultOfRepeated, resultOfStored } from './hook-result.ts'
import { startOnce } from './once.ts'
import type { Environments } from './packages/environments.ts'
import { createQueuedPreparation } from './packages/prepare-queued.ts'
import { mayDeclare } from './packages/prepared.ts'
import { createRedactors } from './privacy/redact-run.ts'
import { createQueue, type Queue } from './queue.ts'
import { createSlots } from './slots.ts'
import { answerTask, type GivenAnswer } from './tasks.ts'
import { createTrials, type Trials } from './trials/trials.ts'
import { createWatchRun } from './watch-run.ts'

export type Runner = {
  /**
   * With `waitMs`, queues the run and waits at most this long. Without a run, throws UserError (`busy`, `stopping`,
   * `disabled`, `not_deployed`, `unavailable`, `key_in_use`, `key_reused`).
   */
  runHook(workflow: Workflow, call: HookCall): Promise<HookResult>
  runManual(manual: ManualRun): Promise<Run>
  replay(replay: Replay): Promise<Run>
  replayDead(replay: DeadReplay): Promise<number>
  /** Returns false if the run had ended. Throws `not_found`. */
  cancel(runId: string, by: Actor): Promise<boolean>
  /** Returns how many ends it passed to callers. */
  settleChildren(): Promise<number>
  /** Ends all sleeps and pauses of a waiting run, or those with this name. Returns false without any. */
  wakeRun(runId: string, name: string | null, by: Actor): Promise<boolean>
  receiveEvent(event: PostedEvent): ReturnType<typeof receiveEvent>
  answerTask(given: GivenAnswer): ReturnType<typeof answerTask>
  readonly waitLinks: RunDeps['waitLinks']
  watchLogs: LiveRuns['watch']
  watchRemote(runId: string, onLine: (line: LogLine) => void): RemoteWatch
  onRunChange(listener: OnChange): () => void
  /** Starts runs of full workflows, too, after a rise of their limit. */
  wake(): Promise<void>
  wakeAll(): void
  cancelHere(runId: string): void
  /** Ends all runs as lost and starts none until `unfence`. */
  fence(): void
  unfence(): void
  /** Active runs continue. Null accepts runs again. */
  hold(why: string | null): void
  readonly trials: Trials
  readonly previewRequest: RunDeps['privacy']['preview']
  readonly state: { readonly stopping: boolean; readonly running: number; readonly waiting: number }
  /** Ends active runs after the grace time. */
  close(): Promise<void>
}

export type RunnerOptions = Omit<RunDeps, 'live' | 'redactors' | 'code' | 'wakeAll' | 'executeTest'> & {
  readonly environments: Environments
  readonly queuedAtOnce: number
  readonly queueSeconds: number
  readonly graceSeconds: number
}

type RunnerState = {
  readonly deps: RunDeps
  readonly admission: Admission
  readonly queue: Queue
  readonly queueing: Queueing
  readonly cluster: Cluster
  readonly trials: Trials
  readonly active: Set<Promise<unknown>>
  stopping: boolean
}

export function createRunner(options: RunnerOptions): Runner {
  const state = createState(options)
  const { deps, admission, queue, cluster } = state
  const { live } = deps
  return {
    runHook: (workflow, call) => runHook(state, workflow, call),
    runManual: (manual) => runManual(state, manual),
    replay: (given) => replay(state, given),
    async replayDead(given) {
      admission.fence.assertNotHeld()
      return await replayDead(deps, queue, given)
    },
    cancel: (runId, by) => cancel(deps, runId, by),
    settleChildren: () => settleChildren(deps),
    wakeRun: (runId, name, by) => wakeRun(state, { runId, name, by }),
    receiveEvent: (event) => receiveEvent(state, event),
    answerTask: (given) => answerTask(state, given),
    waitLinks: deps.waitLinks,
    watchLogs: live.watch,
    watchRemote: cluster.watch,
    onRunChange: live.onChange,
    wake: () => readLimits(admission).then(queue.wake),
    wakeAll: deps.wakeAll,
    cancelHere: (runId) => void live.cancel(runId),
    fence() {
      admission.fence.close()
      live.loseAll()
    },
    unfence: () => admission.fence.open(),
    hold: admission.fence.hold,
    trials: state.trials,
    previewRequest: deps.privacy.preview,
    state: {
      get stopping() {
        return state.stopping
      },
      get running() {
        return live.size
      },
      get waiting() {
        return admission.slots.waiting
      },
    },
    close: () => close(state, options.graceSeconds * 1000),
  }
}

function createState({
  queueSeconds,
  queuedAtOnce,
  graceSeconds: _,
  environments,
  ...options
}: RunnerOptions): RunnerState {
  const code = createCodeLookup(options.store)
  const wakeAll = () => {
    queue.wake()
    options.store.servers.publish({ kind: 'queued' })
  }
  const executeTest: RunDeps['executeTest'] = (planned) => admit(admission, planned, null, null)
  const own = { code, wakeAll, executeTest, live: createLiveRuns(), redactors: createRedactors() }
  const deps: RunDeps = { ...options, ...own }
  const { store, live, log, now } = deps
  const isStopping = () => state.stopping
  const admission: Admission = {
    deps,
    code,
    environments,
    preparation: createQueuedPreparation({ environments, store, wake: () => queue.wake() }),
    slots: createSlots(),
    fence: createFence(),
    queueMs: queueSeconds * 1000,
    isStopping,
  }
  const { slots, fence } = admission
  const queue = createQueue({
    store,
    slots,
    atOnce: queuedAtOnce,
    held: admission.preparation.held,
    log,
    now,
    admit: (run, onSlot) => admitQueued(admission, run, onSlot),
    isOpen: () => fence.isOpen,
  })
  const state: RunnerState = {
    deps,
    admission,
    queue,
    queueing: { wake: queue.wake, watch: createWatchRun(deps), isStopping },
    trials: createTrials({
      deps,
      code,
      environments,
      fence,
      log,
      planUnsaved: (workflow, code) => planUnsaved(state, workflow, code),
    }),
    cluster: createCluster({ store, live, onQueued: queue.wake }),
    active: new Set(),
    stopping: false,
  }
  return state
}

async function runHook(
  state: RunnerState,
  workflow: Workflow,
  { request, acceptMs, key, lane, waitMs, isGone }: HookCall,
): Promise<HookResult> {
  const { deps, admission, queueing } = state
  admission.fence.assertNotHeld()
  if (!workflow.enabled) throw new UserError('disabled', 'The workflow is disabled.', { retryAfterSeconds: 60 })
  const chosen = await chooseVersion(admission, workflow, { lane, body: request.body })
  const planned = {
    workflow,
    ...chosen,
    trigger: 'hook',
    request,
    replayOf: null,
    keepSettings: true,
    key,
    lane,
  } as const
  if (waitMs !== null) return await track(state, callQueued(deps, planned, waitMs, queueing))
  const run = async () =>
    lane === null
      ? resultOfEnded(await track(state, admit(admission, { ...planned, isGone }, acceptMs)))
      : resultOfStored(await track(state, runInLane(deps, planned, admission.queueMs, queueing)), false)
  return key === null ? await run() : await startOnce(deps, key, { start: run, again: resultOfRepeated })
}

async function runManual(state: RunnerState, manual: ManualRun): Promise<Run> {
  const { workflow, request, source, files = NO_FILES, version, keepSettings, background = false, test, by } = manual
  const { code: lookup } = state.admission
  const code =
    source !== null
      ? { id: null, source, files, packages: await planUnsaved(state, workflow, { source, files }) }
      : version === null
        ? await lookup.deployed(workflow)
        : await lookup.numbered(workflow, version)
  const trigger = source !== null || !keepSettings ? 'test' : 'manual'
  const entryOf = by && ((id: string) => entry(state, { by, action: 'run.start', workflowId: workflow.id, detail: id }))
  const shared = { workflow, code, request, replayOf: null, keepSettings, entryOf } as const
  return await runPlanned(state, { ...shared, trigger, ...(test && { test }) }, background)
}

/** An unchanged declaration uses the newest version's lock. */
async function planUnsaved({ admission, deps }: RunnerState, workflow: Workflow, code: CodeText) {
  if (!mayDeclare(code)) return null
  const { data } = await deps.store.workflows.listVersions(workflow.id, { limit: 1, cursor: null })
  return await admission.environments.plan(code, workflow, data[0]?.packages ?? null, false)
}

async function runPlanned(state: RunnerState, planned: PlannedRun, background: boolean): Promise<Run> {
  const { deps, admission, queue, queueing } = state
  admission.fence.assertNotHeld()
  if (!background && planned.lane != null)
    return await track(state, runInLane(deps, planned, admission.queueMs, queueing))
  if (!background) {
    const { runId, scratch } = await track(state, admit(admission, planned, null, null))
    const run = await getRun(deps.store, runId)
    return run.keepSettings ? run : { ...run, scratchChanges: scratch }
  }
  if (state.stopping) throw stopping()
  const runId = await enqueue(deps, planned)
  queue.wake()
  return await getRun(deps.store, runId)
}

const entry = ({ deps }: RunnerState, line: Omit<AuditEntry, 'at'>): AuditEntry => ({ ...line, at: deps.now() })

async function replay(state: RunnerState, given: Replay): Promise<Run> {
  const { runId, version, background, by } = given
  const { deps, admission } = state
  const original = await getRun(deps.store, runId)
  if (original.erasedAt !== null) throw runErased(runId)
  if (given.from === 'steps') return await continueRun(state, given)
  const workflow = await getWorkflow(deps.store, original.workflowId)
  const { request, keepSettings, lane } = original
  const code =
    version !== null
      ? await admission.code.numbered(workflow, version)
      : workflow.deployedVersionId !== null
        ? await admission.code.deployed(workflow)
        : await admission.code.of(original, workflow)
  const entryOf = (id: string) =>
    entry(state, { by, action: 'run.replay', workflowId: workflow.id, detail: `${runId} as ${id}` })
  const planned = { workflow, code, trigger: 'replay', request, replayOf: runId, keepSettings, lane, entryOf } as const
  return await runPlanned(state, planned, background)
}

function track<T>({ active }: RunnerState, promise: Promise<T>): Promise<T> {
  active.add(promise)
  const forget = () => active.delete(promise)
  promise.then(forget, forget)
  return promise
}

async function close(state: RunnerState, graceMs: number): Promise<void> {
  const { deps, admission, queue, cluster, trials, active } = state
  state.stopping = true
  admission.slots.close()
  const all = Promise.all([trials.close(), queue.close(), Promise.allSettled([...active])])
  const timer = guard('the runner').setTimeout(() => deps.live.loseAll(), graceMs)
  await all
  clearTimeout(timer)
  cluster.close()
}
