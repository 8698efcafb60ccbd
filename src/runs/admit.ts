import { setTimeout as delay } from 'node:timers/promises'
import type { Run, Timing } from '../domain/runs/run.ts'
import type { Workflow } from '../domain/workflows/workflow.ts'
import { isDatabaseAway, runNotFound, stopping, UserError, workflowNotFound } from '../errors.ts'
import { newId } from '../random.ts'
import type { Part } from '../store/runs/rows/step-records.ts'
import type { StoreUse } from '../store/store.ts'
import { NO_TOKENS, type RunTokens } from './connections/tokens.ts'
import type { CodeLookup } from './execution/code.ts'
import {
  abandon,
  abandonUnstarted,
  type EndedRun,
  execute,
  giveBack,
  type RunDeps,
  since,
  start,
} from './execution/execute.ts'
import { type Fence, fenced, readAgain } from './execution/fence.ts'
import type { PlannedRun, StartedRun } from './execution/planned.ts'
import { settleChildren } from './execution/settle-children.ts'
import type { Environments } from './packages/environments.ts'
import type { QueuedPreparation } from './packages/prepare-queued.ts'
import type { Prepared, Unprepared } from './packages/prepared.ts'
import { settingsOf } from './privacy/start-settings.ts'
import { busy, type Slots } from './slots.ts'

export type Admission = {
  readonly deps: RunDeps
  readonly code: CodeLookup
  readonly environments: Environments
  readonly preparation: QueuedPreparation
  readonly slots: Slots
  readonly fence: Fence
  readonly queueMs: number
  readonly isStopping: () => boolean
}

const MAX_SLOT_WAIT_MS = 200
const QUEUED_WAIT_MS = 24 * 3600 * 1000
/** No slot became free, or the server stops. */
const LATER: ReadonlySet<string> = new Set(['busy', 'stopping'])

/**
 * `acceptMs` is the time to read the request. `waitMs` limits the wait for packages. Null: until they are installed.
 * Without a run, throws UserError `busy`, `stopping`, `unavailable`, `environment_not_ready` or `environment_failed`.
 */
export async function admit(
  admission: Admission,
  given: PlannedRun,
  acceptMs: number | null,
  waitMs: number | null = admission.queueMs,
): Promise<EndedRun> {
  const { deps, slots, fence, queueMs, environments } = admission
  const { workflow, code } = given
  const { id, maxConcurrency } = workflow
  await deps.assertMayWait(given)
  const waitedFrom = performance.now()
  const prepared = environments.findReady(workflow, code) ?? (await environments.prepare(workflow, code, waitMs))
  const planned = { ...given, prepared }
  const release = await slots.acquire(id, maxConcurrency, queueMs)
  try {
    const timing = acceptMs === null ? {} : { accept: acceptMs }
    const { started, epoch } = await startWhenFree(admission, planned, waitedFrom, timing)
    if (fence.owns(epoch)) return await execute(deps, started)
    await abandon(deps, started.runId)
    throw fenced()
  } finally {
    release()
  }
}

type StartedInEpoch = { readonly started: StartedRun; readonly epoch: number }

/** Servers share a workflow's slots, so this also waits for peers. */
async function startWhenFree(
  { deps, fence, queueMs, isStopping }: Admission,
  planned: PlannedRun & { readonly prepared: Prepared },
  waitedFrom: number,
  timing: Timing,
): Promise<StartedInEpoch> {
  for (let waitMs = 20; ; waitMs = Math.min(waitMs * 2, MAX_SLOT_WAIT_MS)) {
    fence.assertOpen()
    const { epoch } = fence
    const runId = newId('run', deps.now())
    const started = await start(deps, planned, runId, { ...timing, queue: since(waitedFrom) })
    if (started !== null) return { started, epoch }
    if (isStopping()) throw stopping()
    const leftMs = waitedFrom + queueMs - performance.now()
    if (leftMs <= 0) throw busy(planned.workflow.maxConcurrency, queueMs)
    await delay(Math.min(waitMs, leftMs))
  }
}

/** Calls bring the limit. Without calls, queued runs of a full workflow would wait for a run's end. */
export async function readLimits({ deps: { store }, slots }: Pick<Admission, 'deps' | 'slots'>): Promise<void> {
  for (const workflowId of slots.full()) {
    const workflow = await store.workflows.get(workflowId)
    if (workflow !== null) slots.setLimit(workflowId, workflow.maxConcurrency)
  }
}

export async function admitQueued(admission: Admission, run: Run, onSlot: () => void): Promise<void> {
  const { deps, fence } = admission
  const { epoch } = fence
  const slot = { release: () => {} }
  try {
    const started = await load(admission, run, epoch, async (workflow) => {
      slot.release = await takeSlot(admission.slots, workflow)
      onSlot()
    }).catch((error: unknown) => leave(deps, run, error))
    if (started === null) return
    // Peers may have taken over the run while its data were read.
    if (!fence.owns(epoch)) return await giveBack(deps, run)
    await execute(deps, started)
  } finally {
    slot.release()
  }
  if (run.trigger === 'run' && (await settleChildren(deps)) > 0) deps.wakeAll()
}

/** Returns null if the run went back to the queue. */
async function load(
  { deps, code, fence, preparation }: Admission,
  run: Run,
  epoch: number,
  awaitSlot: (workflow: Workflow) => Promise<void>,
): Promise<StartedRun | null> {
  const read = <T>(once: () => Promise<T>): Promise<T> => readAgain(fence, epoch, once)
  const workflow = await read(() => getWorkflow(deps.store, run.workflowId))
  const ownCode = await read(() => code.of(run, workflow))
  const prepared = await preparation.prepare(run, workflow, ownCode)
  if (prepared === null) return null
  await awaitSlot(workflow)
  const settings = await read(() => settingsOf(deps.store, workflow))
  const { tokens, problem } = await tokensOf(deps, workflow)
  const startedAt = run.startedAt ?? deps.now()
  const timing = { queue: startedAt - (run.notBefore ?? run.createdAt) }
  const { request, kept } = await read(() => requestOf(deps, workflow, run))
  const part = partOf(run)
  // The first part has nothing stored.
  const isFirst = part === null || (part.part === 1 && part.attempt === 1)
  const stored = isFirst ? [] : await read(() => deps.store.runs.loadSteps(part))
  const ready = { ...run, ...settings, request, kept, runId: run.id, workflow, code: ownCode }
  return { ...ready, prepared: problem ?? prepared, tokens, startedAt, timing, part, stored }
}

/**
 * A caller may have taken the last slot since the claim. The run starts even when the server is stopping, because its
 * slot is free.
 */
async function takeSlot(slots: Slots, { id, maxConcurrency }: Workflow): Promise<() => void> {
  return slots.tryAcquire(id, maxConcurrency) ?? (await slots.acquire(id, maxConcurrency, QUEUED_WAIT_MS))
}

/** Nothing of the user's code has begun. An error that a later claim would meet, too, ends the run. */
async function leave(deps: RunDeps, run: Run, error: unknown): Promise<null> {
  if (isDatabaseAway(error) || (error instanceof UserError && LATER.has(error.code))) {
    await giveBack(deps, run, error)
    return null
  }
  await abandonUnstarted(deps, run.id, error)
  throw error
}

function partOf({ id, workflowId, retryOf, attempt, durable }: Run): Part | null {
  return durable && { runId: id, workflowId, firstId: retryOf ?? id, attempt, part: durable.parts }
}

/**
 * Without a token, the run fails before its start, and its retries wait for a new sign-in. A second call could use up a
 * token, so errors are not retried.
 */
async function tokensOf(
  { connections }: RunDeps,
  workflow: Workflow,
): Promise<{ readonly tokens: RunTokens; readonly problem: Unprepared | null }> {
  try {
    return { tokens: await connections.of(workflow.connections), problem: null }
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'connection_unavailable') throw error
    return { tokens: NO_TOKENS, problem: { problem: error.message, code: error.code } }
  }
}

async function requestOf(
  { store, privacy }: RunDeps,
  workflow: Workflow,
  run: Run,
): Promise<Pick<StartedRun, 'request' | 'kept'>> {
  const original = run.request?.redacted === true ? await store.privacy.findOriginal(run.id) : null
  const request = original ?? run.request
  return { request, kept: await privacy.keep(workflow, request) }
}

export async function getWorkflow(store: StoreUse<{ workflows: 'get' }>, workflowId: string): Promise<Workflow> {
  const workflow = await store.workflows.get(workflowId)
  if (workflow === null) throw workflowNotFound(workflowId)
  return workflow
}

export async function getRun(store: StoreUse<{ runs: 'get' }>, runId: string): Promise<Run> {
  const run = await store.runs.get(runId)
  if (run === null) throw runNotFound(runId)
  return run
}
