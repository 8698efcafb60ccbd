/** The path of one run: row, sandbox, commit. Everything that starts a run goes through `execute`. */

import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { cleanResponse } from '../domain/catch.ts'
import type { IdempotencyKey } from '../domain/idempotency.ts'
import type {
  FinalStatus,
  Job,
  LogLine,
  Outcome,
  RunRequest,
  SettingsChange,
  Timing,
  Trigger,
  Warning,
} from '../domain/run.ts'
import { createRedactor, type Redact } from '../domain/secrets/redact.ts'
import { type Snapshot, scratchChanges } from '../domain/settings.ts'
import { LIMITS, type Workflow } from '../domain/workflow.ts'
import { UserError } from '../errors.ts'
import type { Finished, FinishRun, NewRun } from '../store/runs/records.ts'
import type { Store } from '../store/store.ts'
import type { Pool } from '../workers/pool/pool.ts'
import type { LiveRuns } from './live-runs.ts'

/** What a run is made of before it is stored. */
export type PlannedRun = {
  readonly workflow: Workflow
  /** `id` null: source that is not saved as a version. */
  readonly code: { readonly id: string | null; readonly source: string }
  readonly trigger: Trigger
  readonly request: RunRequest | null
  readonly replayOf: string | null
  readonly keepSettings: boolean
  /** The idempotency key of the call that makes it. */
  readonly key?: IdempotencyKey | null
  /** Whether whoever waits for the answer has gone by now. */
  readonly isGone?: () => boolean
}

/** A run that is stored as `running` and holds its place. */
export type StartedRun = PlannedRun & {
  readonly runId: string
  readonly snapshot: Snapshot
  readonly startedAt: number
  readonly timing: Timing
}

export type EndedRun = {
  readonly runId: string
  readonly outcome: Outcome
  readonly finished: Finished
  /** What it did to a copy of the settings that was thrown away; empty for a run whose changes are kept. */
  readonly scratch: readonly SettingsChange[]
}

export type RunDeps = {
  readonly store: Store
  readonly pool: Pool
  readonly live: LiveRuns
  readonly log: Logger
  readonly now: () => number
  /** Hooks are served on an origin of their own: their cookies and security policy are the function's. */
  readonly ownOrigin: boolean
}

/** A database that restarts is back within seconds; the caller of a finished run waits that long, not for ever. */
const COMMIT_WAIT_MS = 10_000
const MAX_RETRY_MS = 5000
const ABANDON_WAIT_MS = 1000

const CLIENT_DISCONNECTED: Warning = {
  code: 'client_disconnected',
  message: 'The caller closed its connection before the answer was there, and did not get it.',
}

/**
 * Invariant 1: a run is a row, flushed, before it is a process. Null: other servers have all places of the workflow,
 * and there is no run.
 */
export async function startRun(
  path: RunDeps,
  planned: PlannedRun,
  runId: string,
  timing: Timing,
): Promise<StartedRun | null> {
  const startedAt = path.now()
  const flushedFrom = performance.now()
  const inserted = path.store.insertRun({ ...rowOf(planned, runId), createdAt: startedAt, startedAt })
  try {
    const [early, isStored] = await Promise.all([path.store.getSnapshot(planned.workflow.id), inserted])
    if (!isStored) return null
    // Another server's run may have ended while this one waited for its place: what it changed counts.
    const snapshot = path.store.isShared() ? await path.store.getSnapshot(planned.workflow.id) : early
    // The last commit can't hold its own duration, so `commit` is that of the first.
    return { ...planned, runId, snapshot, startedAt, timing: { ...timing, commit: since(flushedFrom) } }
  } catch (error) {
    if (await inserted.catch(() => false)) await abandonUnbegun(path, runId, error)
    throw unavailable(path.log, error)
  }
}

/** A planned run as the store takes it, but for its times. */
export function rowOf(planned: PlannedRun, id: string): Omit<NewRun, 'createdAt' | 'startedAt'> {
  const { workflow, code, trigger, request, replayOf, keepSettings, key } = planned
  const source = code.id === null ? code.source : null
  return { id, workflowId: workflow.id, versionId: code.id, source, trigger, request, replayOf, keepSettings, key }
}

/** Runs a stored run and commits its result, settings, logs and final state together. */
export async function execute(path: RunDeps, started: StartedRun): Promise<EndedRun> {
  const { runId, workflow, startedAt } = started
  const liveRun = path.live.begin(runId)
  path.live.announce({ runId, workflowId: workflow.id, status: 'running', durationMs: null }, true)
  try {
    const redact = createRedactor(secretsOf(started.snapshot))
    const onLog = (line: LogLine) => liveRun.addLine({ ...line, text: redact(line.text) })
    const outcome = prepare(
      await path.pool.execute({ ...jobOf(started), onLog, signal: liveRun.signal }),
      started,
      path,
    )
    const finished = liveRun.isLost
      ? await abandon(path, runId)
      : await commit(path, started, redactOutcome(outcome, withNewSecrets(redact, started.snapshot, outcome)))
    const status = statusOf(outcome, finished)
    if (status === 'lost')
      path.log.warn({ runId }, 'nothing of a run was kept: this server had given it up, or was taken for dead')
    path.live.announce({ runId, workflowId: workflow.id, status, durationMs: path.now() - startedAt }, true)
    const scratch = started.keepSettings ? [] : scratchChanges(outcome.patch, started.snapshot)
    return { runId, outcome, finished, scratch }
  } finally {
    liveRun.end()
  }
}

function statusOf(outcome: Outcome, { applied, settingsError }: Finished): FinalStatus {
  if (!applied) return 'lost'
  return settingsError === null ? outcome.status : 'failed'
}

const NOT_KEPT: Finished = { applied: false, warnings: [], settingsChanges: [], settingsError: null }

/** It is stored, but what it needs can't be read: it must not stay `running`, and an operator has to look. */
export async function abandonUnbegun(path: RunDeps, runId: string, error: unknown): Promise<void> {
  path.log.error({ err: error, runId }, 'a run could not begin, because its settings or its code could not be read')
  await abandon(path, runId)
}

/** The row says so at once, or whoever looks for lost runs next writes it: often the database can't be reached. */
export async function abandon({ store, log, now }: RunDeps, runId: string): Promise<Finished> {
  const marked = store
    .abandonRun(runId, now())
    .catch((error: unknown) => log.warn({ err: error, runId }, 'a run that was given up will be marked later'))
  await Promise.race([marked, delay(ABANDON_WAIT_MS)])
  return NOT_KEPT
}

function jobOf({ workflow, code, runId, request, snapshot }: StartedRun): Job {
  const { runtime, isolation } = workflow
  const codeKey = code.id ?? createHash('sha256').update(code.source).digest('base64url')
  return {
    runId,
    workflowId: workflow.id,
    kind: workflow.kind,
    versionKey: versionKeyOf(codeKey, workflow),
    source: code.source,
    runtime,
    isolation,
    timeoutMs: workflow.timeoutSeconds * 1000,
    memoryBytes: LIMITS.memoryBytes,
    request,
    settings: new Map([...snapshot].map(([key, { value }]) => [key, value])),
  }
}

/** A worker serves one workflow's one version in one way of running. */
export function versionKeyOf(codeKey: string, { id, runtime, isolation }: Workflow): string {
  return `${id} ${codeKey} ${runtime} ${isolation}`
}

/** The outcome with the answer as it will be sent, and what this process measured. */
function prepare(outcome: Outcome, started: StartedRun, { ownOrigin }: RunDeps): Outcome {
  const timing = { ...started.timing, ...outcome.timing }
  const gone = started.isGone?.() ? [CLIENT_DISCONNECTED] : []
  if (outcome.response === null) return { ...outcome, warnings: [...outcome.warnings, ...gone], timing }
  const { response, label, warnings } = cleanResponse(outcome.response, { ownOrigin })
  return { ...outcome, response, label, warnings: [...outcome.warnings, ...warnings, ...gone], timing }
}

function redactOutcome(outcome: Outcome, redact: Redact): Outcome {
  const orNull = (text: string | null) => (text === null ? null : redact(text))
  const { response } = outcome
  return {
    ...outcome,
    message: orNull(outcome.message),
    traceback: orNull(outcome.traceback),
    result: orNull(outcome.result),
    label: orNull(outcome.label),
    response: response && {
      status: response.status,
      headers: response.headers.map(([name, value]) => [name, redact(value)] as const),
      body: redact(response.body),
    },
    warnings: outcome.warnings.map((warning) => ({ ...warning, message: redact(warning.message) })),
    logs: outcome.logs.map((line) => ({ ...line, text: redact(line.text) })),
  }
}

/** The caller waits a bounded time for the store; the result itself is stored as soon as the store takes it. */
async function commit(path: RunDeps, started: StartedRun, outcome: Outcome): Promise<Finished> {
  const { runId, workflow, snapshot, keepSettings } = started
  const run = {
    runId,
    workflowId: workflow.id,
    workflowName: workflow.name,
    isCatch: workflow.kind === 'catch',
    snapshot,
    keepSettings,
    outcome,
  }
  const finish = { ...run, finishedAt: path.now() }
  const finished =
    (await tryFinish(path, finish)) ?? (await Promise.race([retryFinish(path, finish), delay(COMMIT_WAIT_MS, null)]))
  if (finished !== null) return finished
  throw new UserError('unavailable', `The result of run ${runId} could not be stored yet; see the run later.`, {
    run_id: runId,
    retryAfterSeconds: 5,
  })
}

async function retryFinish(path: RunDeps, finish: FinishRun): Promise<Finished> {
  for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)) {
    await delay(waitMs, undefined, { ref: false })
    const finished = await tryFinish(path, finish)
    if (finished !== null) return finished
  }
}

async function tryFinish({ store, log }: RunDeps, finish: FinishRun): Promise<Finished | null> {
  try {
    return await store.finishRun(finish)
  } catch (error) {
    log.error({ err: error, runId: finish.runId }, 'the result of a run could not be stored; trying again')
    return null
  }
}

/** A run may set a secret anew: what is stored of it holds neither the value that it had nor the one that it has now. */
function withNewSecrets(redact: Redact, snapshot: Snapshot, { patch }: Outcome): Redact {
  const values = [...patch.set].filter(([key]) => snapshot.get(key)?.secret === true).map(([, value]) => value)
  if (values.length === 0) return redact
  const redactNew = createRedactor(values)
  return (text) => redactNew(redact(text))
}

function secretsOf(snapshot: Snapshot): string[] {
  return [...snapshot.values()].filter(({ secret }) => secret).map(({ value }) => value)
}

/** What a caller is told when a run could not be stored. */
export function unavailable(log: Logger, error: unknown): UserError {
  if (error instanceof UserError) return error
  log.error({ err: error }, 'a run could not be stored before its start')
  return new UserError('unavailable', 'The store cannot take the request right now; nothing ran.', {
    retryAfterSeconds: 5,
  })
}

export const since = (start: number): number => Math.round((performance.now() - start) * 1000) / 1000
