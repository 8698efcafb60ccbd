/** The candidate runs a past run's request with that run's settings. */

import { answersOf, type OutboundMode, type OutgoingCall } from '../../domain/runs/outgoing.ts'
import { isFinal, type Run } from '../../domain/runs/run.ts'
import type { SettingsChange } from '../../domain/settings/patch.ts'
import type { Side } from '../../domain/trials/compare.ts'
import type { CaseResult } from '../../domain/trials/trial.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { newId } from '../../random.ts'
import { abandon, execute, type RunDeps, start } from '../execution/execute.ts'
import type { Fence } from '../execution/fence.ts'
import type { PlannedRun } from '../execution/planned.ts'
import type { Prepared } from '../packages/prepared.ts'
import { newSecretsOf, redactChanges, secretsOf } from '../privacy/redact-run.ts'
import type { Comparer } from './comparer.ts'
import { answersOfRun } from './original-answers.ts'

export type Candidate = {
  readonly workflow: Workflow
  readonly code: PlannedRun['code']
  readonly prepared: Prepared
  readonly outbound: OutboundMode
  readonly ignore: readonly string[]
}

export type CaseDeps = { readonly deps: RunDeps; readonly fence: Fence; readonly comparer: Comparer }

export type EndedCase = { readonly trialRunId: string | null; readonly result: CaseResult }

const NOT_COMPARABLE: EndedCase = {
  trialRunId: null,
  result: { verdict: 'not_comparable', wouldSend: [], differences: [] },
}

export async function runCase(
  { deps, fence, comparer }: CaseDeps,
  candidate: Candidate,
  originalId: string,
  onStart: (runId: string) => void,
): Promise<EndedCase> {
  const { store } = deps
  const original = await store.runs.get(originalId)
  if (original === null || !isComparable(original, candidate.workflow)) return NOT_COMPARABLE
  const { calls } = await store.runs.listCalls(originalId, true)
  const planned = await planCase(deps, candidate, original, calls)
  fence.assertOpen()
  const { epoch } = fence
  const runId = newId('run', deps.now())
  onStart(runId)
  const started = await start(deps, planned, runId, {})
  if (started === null) return NOT_COMPARABLE
  if (!fence.owns(epoch)) {
    await abandon(deps, runId)
    return { ...NOT_COMPARABLE, trialRunId: runId }
  }
  const { scratch, outcome } = await execute(deps, started)
  const run = await store.runs.get(runId)
  if (run === null || run.status === 'lost' || run.status === 'cancelled')
    return { ...NOT_COMPARABLE, trialRunId: runId }
  if (run.code === 'needs_answer')
    return { trialRunId: runId, result: { ...NOT_COMPARABLE.result, reason: run.message } }
  const own = await store.runs.listCalls(runId, true)
  const redact = deps.redactors([
    ...secretsOf(candidate.workflow, started.snapshot, started.former),
    ...newSecretsOf(started.snapshot, outcome),
  ])
  // All viewers see a case.
  const side = (of: Run, changes: readonly SettingsChange[], sent: readonly OutgoingCall[]) =>
    sideOf({ ...of, settingsChanges: redactChanges(changes, redact) }, sent)
  const result = await comparer.compare(candidate.workflow.id, {
    original: side(original, original.settingsChanges, calls),
    candidate: side(run, scratch, own.calls),
    ignore: candidate.ignore,
  })
  return { trialRunId: runId, result: result ?? NOT_COMPARABLE.result }
}

function isComparable({ status, request }: Run, { kind }: Workflow): boolean {
  return isFinal(status) && status !== 'cancelled' && status !== 'lost' && (kind === 'pull' || request !== null)
}

export async function planCase(
  { store }: Pick<RunDeps, 'store'>,
  { workflow, code, prepared, outbound }: Omit<Candidate, 'ignore'>,
  original: Run,
  calls: readonly OutgoingCall[],
  request = original.request,
) {
  const { id, startedAt, createdAt } = original
  const answers = original.durable === null ? [] : await answersOfRun(store, id)
  const own = await store.trials.settingsAt(workflow.id, startedAt ?? createdAt, id)
  const missing = workflow.sharedSettings.filter((key) => !own.has(key))
  const shared = missing.length === 0 ? [] : await store.settings.getSharedSnapshot(missing)
  return {
    workflow,
    code,
    prepared,
    trigger: 'trial',
    request,
    replayOf: id,
    keepSettings: false,
    test: { answers, waits: 'skipped' },
    trial: {
      outbound,
      answers: outbound === 'blocked' ? [] : answersOf(calls),
      snapshot: new Map([...own, ...shared]),
    },
  } as const
}

function sideOf(run: Run, calls: readonly OutgoingCall[]): Side {
  const { status, code, statusCode, response, result, settingsChanges } = run
  return { status, code, statusCode, response, result, settingsChanges, calls }
}
