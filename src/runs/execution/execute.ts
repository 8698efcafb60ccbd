/** Every run goes through `start` (or the queue) and `execute`. */

import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { cleanResponse } from '../../domain/hooks/catch.ts'
import type { FinalStatus, LogLine, Outcome, Timing, Warning } from '../../domain/runs/run.ts'
import type { SettingsChange } from '../../domain/settings/patch.ts'
import { scratchChanges } from '../../domain/settings/settings.ts'
import { UserError } from '../../errors.ts'
import type { ClaimedRun, Finished } from '../../store/runs/rows/records.ts'
import type { Store, StoreUse } from '../../store/store.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import { type ConnectionTokens, keepTokens, tokenSecrets } from '../connections/tokens.ts'
import { createLineQueue } from '../privacy/line-queue.ts'
import { createLineRedactor, newSecretsOf, type Redactors, redactOutcome, secretsOf } from '../privacy/redact-run.ts'
import type { PrivacyRules } from '../privacy/rules.ts'
import { settingsOf } from '../privacy/start-settings.ts'
import type { CodeLookup } from './code.ts'
import type { LiveRuns } from './live-runs.ts'
import { executePart, type PartDeps } from './parts.ts'
import { type PlannedRun, rowOf, type StartedRun } from './planned.ts'
import type { AssertQueueFree } from './queue-limit.ts'
import { firstPart, suspend, type TakenDecision, untilStored } from './steps.ts'
import type { WaitLinks } from './wait-links.ts'

export type EndedRun = {
  readonly runId: string
  readonly outcome: Outcome
  readonly finished: Finished
  readonly scratch: readonly SettingsChange[]
  readonly taken: readonly TakenDecision[]
  /** Continues elsewhere if its end was not stored. */
  readonly isDurable: boolean
}

export type RunDeps = {
  readonly store: Store
  readonly pool: Pool
  readonly code: CodeLookup
  readonly live: LiveRuns
  readonly redactors: Redactors
  readonly waitLinks: WaitLinks
  /** Throws UserError `busy` if a hook calls a durable version while too many runs wait. */
  readonly assertMayWait: (planned: Pick<PlannedRun, 'trigger' | 'code' | 'workflow'>) => Promise<void>
  readonly assertQueueFree: AssertQueueFree
  readonly wakeAll: () => void
  readonly executeTest: PartDeps['executeTest']
  readonly loop: { mark(step: string): void }
  readonly log: Logger
  readonly now: () => number
  readonly privacy: PrivacyRules
  readonly connections: Pick<ConnectionTokens, 'of'>
  /** If separate, functions may set cookies and a security policy. */
  readonly ownOrigin: boolean
}

type AbandonDeps = Pick<RunDeps, 'store' | 'log' | 'now'>
type GiveBackDeps = { readonly store: StoreUse<{ runs: 'requeue' }>; readonly log: Logger }

/** A restarted database is back within seconds. */
const COMMIT_WAIT_MS = 10_000
const ABANDON_WAIT_MS = 1000

const REDACTED_REQUEST: Warning = {
  code: 'redacted_request',
  message: "This run got its request as it was stored: the workflow's privacy rules had removed parts of it.",
}

const CLIENT_DISCONNECTED: Warning = {
  code: 'client_disconnected',
  message: 'The caller closed its connection before the answer was ready, and did not receive it.',
}

/** Stores a run before it is a process (invariant 1). Null: peers hold all slots of the workflow. */
export async function start(
  deps: Pick<RunDeps, 'store' | 'connections' | 'privacy' | 'log' | 'now'>,
  planned: PlannedRun & Pick<StartedRun, 'prepared'>,
  runId: string,
  timing: Timing,
): Promise<StartedRun | null> {
  const tokens = await deps.connections.of(planned.workflow.connections)
  const startedAt = deps.now()
  const flushedFrom = performance.now()
  const kept = await deps.privacy.keep(planned.workflow, planned.request)
  const planRow = rowOf(planned, runId, kept)
  // A durable run needs its request again after a wait.
  const original = planRow.durable && planRow.request !== planned.request ? planned.request : null
  // The insert notes the mark of the settings for this object. Another object would cost a query on PostgreSQL (24 of
  // the store's 127 µs per run).
  const row = { ...planRow, createdAt: startedAt, startedAt, original }
  const inserted = deps.store.runs.insert(row)
  try {
    if (!(await inserted)) return null
    // A peer's run may have changed the settings while this one waited for its slot.
    const { snapshot, former } = await settingsOf(deps.store, planned.workflow, planned.trial, row)
    // A commit cannot store its own duration, so `commit` is the duration of the first.
    const commit = since(flushedFrom)
    const { traceId } = row.trace
    const part = row.durable ? firstPart(runId, row.workflowId) : null
    const begun = { runId, traceId, startedAt, timing: { ...timing, commit }, part, stored: [] }
    return { ...planned, snapshot, former, tokens, kept, ...begun }
  } catch (error) {
    if (await inserted.catch(() => false)) await abandonUnstarted(deps, runId, error)
    throw unavailable(deps.log, error)
  }
}

/** Result, settings, logs and final state are committed together. */
export async function execute(deps: RunDeps, started: StartedRun): Promise<EndedRun> {
  const { runId, workflow, startedAt, part } = started
  const liveRun = deps.live.begin(runId, started.caller?.signal)
  deps.live.announce({ runId, workflowId: workflow.id, status: 'running', durationMs: null }, true)
  const mark = (step: string) => deps.loop.mark(`run ${runId}: ${step}`)
  mark('start')
  // Commits while the process ends. The caller receives the response after both.
  const ends: Promise<void>[] = []
  try {
    const queue = started.kept && createLineQueue(started.kept.line, liveRun.addLine)
    const secrets = [...secretsOf(workflow, started.snapshot, started.former), ...tokenSecrets(started.tokens)]
    const lines = createLineRedactor(deps.redactors(secrets), queue?.add ?? liveRun.addLine)
    const onToken = (accessToken: string) => {
      const text = JSON.stringify(accessToken)
      if (secrets.includes(text)) return
      secrets.push(text)
      lines.redactWith(deps.redactors(secrets))
    }
    const onLog = (line: LogLine) => {
      mark('log')
      lines.addLine(line)
    }
    const onResult = (ended: Promise<void>) => void ends.push(ended)
    const isOver = () => liveRun.isLost || liveRun.signal.aborted
    const { signal } = liveRun
    const executed = await executePart(deps, started, { onLog, signal, onResult, secrets, onToken, isOver })
    const { running, taken } = executed
    mark('result')
    const outcome = prepare(executed.outcome, started, deps)
    await lines.end()
    await queue?.done()
    const allSecrets = [...secrets, ...newSecretsOf(started.snapshot, outcome)]
    const finished = liveRun.isLost ? await abandon(deps, runId) : await end(deps, running, outcome, allSecrets)
    mark('end')
    const status = statusOf(outcome, finished)
    if (status === 'lost') deps.log.warn({ runId }, 'the result of a run was not stored: it, or the lease, was lost')
    const durationMs = status === 'waiting' ? null : deps.now() - startedAt
    const ended = { status, code: status === 'lost' ? status : outcome.code, durationMs }
    deps.live.announce({ runId, workflowId: workflow.id, ...ended }, true)
    const scratch = started.keepSettings ? [] : scratchChanges(outcome.patch, started.snapshot)
    return { runId, outcome, finished, scratch, taken, isDurable: part !== null }
  } finally {
    await Promise.all(ends)
    liveRun.end()
  }
}

async function end(deps: RunDeps, started: StartedRun, given: Outcome, secrets: readonly string[]): Promise<Finished> {
  const { part, kept } = started
  const redacted = await redactOutcome(given, deps.redactors(secrets))
  if (part === null || given.status !== 'waiting') return await commit(deps, started, given, redacted)
  const outcome = kept === null ? redacted : await kept.outcome(redacted)
  const finished = await suspend(deps, { ...started, part }, outcome, secrets)
  if (outcome.waits?.some(({ kind }) => kind === 'run') === true) deps.wakeAll()
  return finished
}

const statusOf = (outcome: Outcome, { applied, settingsError }: Finished): FinalStatus | 'waiting' =>
  !applied ? 'lost' : settingsError === null ? outcome.status : 'failed'

const NOT_KEPT: Finished = { applied: false, warnings: [], settingsChanges: [], settingsError: null }

export async function abandonUnstarted(deps: AbandonDeps, runId: string, error: unknown): Promise<void> {
  deps.log.error({ err: error, runId }, 'a run could not start, because its settings or its code could not be read')
  await abandon(deps, runId)
}

/** Without a database, the next search for lost runs does it. */
export async function giveBack({ store, log }: GiveBackDeps, run: ClaimedRun, error?: unknown): Promise<void> {
  const runId = run.id
  log.warn(
    { err: error, runId },
    'a claimed run goes back to the queue: it could not begin here, and nothing of it ran',
  )
  const given = store.runs
    .requeue(run)
    .catch((err: unknown) => log.warn({ err, runId }, 'a run could not go back to the queue yet; this is done later'))
  await Promise.race([given, delay(ABANDON_WAIT_MS)])
}

/** Without a database, the next search for lost runs marks the run. */
export async function abandon({ store, log, now }: AbandonDeps, runId: string): Promise<Finished> {
  const marked = store.runs
    .abandon(runId, now())
    .catch((error: unknown) =>
      log.warn({ err: error, runId }, 'an abandoned run could not be marked as lost; this is done later'),
    )
  await Promise.race([marked, delay(ABANDON_WAIT_MS)])
  return NOT_KEPT
}

function prepare(given: Outcome, started: StartedRun, { ownOrigin }: RunDeps): Outcome {
  const outcome = keepTokens(given, started.tokens)
  const timing = { ...started.timing, ...outcome.timing }
  const redacted = started.request?.redacted === true ? [REDACTED_REQUEST] : []
  const own = [...redacted, ...(started.isGone?.() ? [CLIENT_DISCONNECTED] : [])]
  if (outcome.response === null) return { ...outcome, warnings: [...outcome.warnings, ...own], timing }
  const { response, label, warnings } = cleanResponse(outcome.response, { ownOrigin })
  return { ...outcome, response, label, warnings: [...outcome.warnings, ...warnings, ...own], timing }
}

async function commit(deps: RunDeps, started: StartedRun, given: Outcome, redacted: Outcome): Promise<Finished> {
  const { runId, workflow, snapshot, keepSettings, kept, part } = started
  const outcome = kept === null ? redacted : await kept.outcome(redacted)
  const run = {
    runId,
    workflowId: workflow.id,
    workflowName: workflow.name,
    mayAlert: keepSettings && started.code.id !== null,
    isCatch: workflow.kind === 'catch',
    snapshot,
    keepSettings,
    outcome,
    part,
    original: kept === null ? null : { message: given.message, response: given.response },
  }
  const finish = { ...run, finishedAt: deps.now() }
  const store = async () => await deps.store.runs.finish(finish)
  const onError = (error: unknown) =>
    deps.log.error({ err: error, runId }, 'the result of a run could not be stored; trying again')
  const finished = await store().catch((error: unknown) => {
    onError(error)
    return Promise.race([untilStored(store, onError), delay(COMMIT_WAIT_MS, null)])
  })
  if (finished !== null) return finished
  throw new UserError('unavailable', `The result of run ${runId} could not be stored yet. Read the run later.`, {
    run_id: runId,
    retryAfterSeconds: 5,
  })
}

export function unavailable(log: Logger, error: unknown): UserError {
  if (error instanceof UserError) return error
  log.error({ err: error }, 'a run could not be stored before its start')
  return new UserError('unavailable', 'The database cannot take the request now. Nothing ran.', {
    retryAfterSeconds: 5,
  })
}

export const since = (start: number): number => Math.round((performance.now() - start) * 1000) / 1000
