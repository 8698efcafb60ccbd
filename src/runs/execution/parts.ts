/** Executes a part of a run. A test that calls runs executes these as tests, and begins again. */

import { childFailure, endsOf, shownEnd } from '../../domain/runs/child-run.ts'
import { MAX_CALLS } from '../../domain/runs/outgoing.ts'
import type { Outcome } from '../../domain/runs/run.ts'
import type { AskedWait } from '../../domain/runs/steps.ts'
import { EMPTY_PATCH } from '../../domain/settings/patch.ts'
import type { CancelSignal } from '../../domain/shared/cancellation.ts'
import { LIMITS, type Workflow } from '../../domain/workflows/workflow.ts'
import { UserError } from '../../errors.ts'
import type { Part, StoredEnd } from '../../store/runs/rows/step-records.ts'
import type { Store } from '../../store/store.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import type { ConnectionTokens } from '../connections/tokens.ts'
import { settingsOf } from '../privacy/start-settings.ts'
import { type Caller, type ChildDeps, planCall, refuseRuns } from './children.ts'
import { runCode, type TrialRules } from './job.ts'
import type { PlannedRun, StartedRun } from './planned.ts'
import { askReviewers } from './proposals.ts'
import { refuseQuestions } from './questions.ts'
import { showOf } from './show.ts'
import { openSteps, type StepDeps, type StepRun, storeCall, type TakenDecision, TESTS } from './steps.ts'

export type PartDeps = StepDeps &
  ChildDeps & {
    readonly pool: Pool
    readonly store: Store
    readonly connections: Pick<ConnectionTokens, 'of'>
    /** Executes a test, and returns its id and its outcome. */
    readonly executeTest: (planned: PlannedRun) => Promise<{ readonly runId: string; readonly outcome: Outcome }>
  }

type Options = Omit<Parameters<typeof runCode>[2], 'signal'> & {
  readonly signal: CancelSignal
} & Parameters<typeof openSteps>[2]

type Executed = {
  readonly outcome: Outcome
  /** The run, and the settings that its steps changed. */
  readonly running: StartedRun
  readonly taken: readonly TakenDecision[]
}

type Problem = Pick<Outcome, 'status' | 'code' | 'message'>

export async function executePart(deps: PartDeps, started: StartedRun, options: Options): Promise<Executed> {
  const { part, trigger } = started
  if (part === null) return { outcome: await runCode(deps.pool, started, options), running: started, taken: [] }
  let executed = await executeOnce(deps, { ...started, part }, options)
  while (TESTS.includes(trigger) && executed.outcome.status === 'waiting') {
    const waits = executed.outcome.waits ?? []
    const problem = problemOf(waits) ?? (await callTests(deps, { ...executed.running, part }, waits, options))
    if (problem !== null) return { ...executed, outcome: { ...executed.outcome, ...problem } }
    const stored = (await deps.store.loadSteps(part)).map((step) => ({ ...step, isLogged: true }))
    executed = join(executed, await executeOnce(deps, { ...executed.running, part, stored }, options))
  }
  return executed
}

async function executeOnce(
  deps: PartDeps,
  started: StartedRun & { readonly part: Part },
  options: Options,
): Promise<Executed> {
  const { snapshot, job: steps, taken } = openSteps(deps, started, options)
  const running = { ...started, snapshot, steps }
  const returned = await runCode(deps.pool, running, options)
  const outcome = refuseRuns(refuseQuestions(askReviewers(returned, started.workflow.decisions)))
  return { outcome, running, taken }
}

/** The runtime comes to no other waits if it skips waits. */
function problemOf(waits: readonly AskedWait[]): Problem | null {
  const other = waits.find(({ kind }) => kind !== 'run')
  if (other === undefined) return null
  return { status: 'failed', code: 'needs_answer', message: `The test has no answer for ${JSON.stringify(other.name)}` }
}

function join(first: Executed, next: Executed): Executed {
  const [one, other] = [first.outcome, next.outcome]
  const calls = [...(one.calls ?? []), ...(other.calls ?? [])]
  const bytes = one.logs.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
  const outcome = {
    ...other,
    logs: bytes < LIMITS.logBytes ? [...one.logs, ...other.logs] : one.logs,
    calls: calls.slice(0, MAX_CALLS),
    callsLeftOut: (one.callsLeftOut ?? 0) + (other.callsLeftOut ?? 0) + Math.max(0, calls.length - MAX_CALLS),
  }
  return { ...next, outcome, taken: [...first.taken, ...next.taken] }
}

type Calling = StepRun & Caller & { readonly trial?: TrialRules }

const CANCELLED: Problem = { status: 'cancelled', code: 'cancelled', message: 'Cancelled while it waited.' }

/** Executes the runs one after the other, and stores their ends. Returns a problem if the calling run is over. */
async function callTests(
  deps: PartDeps,
  calling: Calling,
  waits: readonly AskedWait[],
  { secrets, signal, isOver }: Options,
): Promise<Problem | null> {
  for (const { kind, name, number, attempts, json } of waits) {
    const startedAt = deps.store.sharedNow()
    const { runId, status, json: result, shown } = await callTest(deps, calling, json, { secrets, signal })
    const call = { kind, name, number, status, json: result, attempts, startedAt, patch: EMPTY_PATCH }
    const { applied } = await storeCall(deps, calling, { call, shown, childId: runId }, isOver)
    if (!applied) return CANCELLED
  }
  return isOver() ? CANCELLED : null
}

async function callTest(
  deps: PartDeps,
  calling: Calling,
  json: string,
  { secrets, signal }: Pick<Options, 'secrets' | 'signal'>,
): Promise<StoredEnd & { readonly runId: string | null }> {
  const show = (text: string) => showOf(deps.redactors, calling.kept, text, secrets)
  const called = await planCall(deps, calling, json)
  try {
    if ('status' in called) return { ...called, shown: await show(shownEnd(called)), runId: null }
    const { workflow, code, request } = called
    const trial = calling.trial && { trial: await trialOf(deps, calling.trial, workflow) }
    const caller = { runId: calling.part.runId, signal }
    const planned = { workflow, code, request, trigger: 'test', replayOf: null, keepSettings: false, caller } as const
    const { runId, outcome } = await deps.executeTest({ ...planned, ...trial })
    const { end, seen } = endsOf(await deps.store.getRun(runId), workflow, { outcome })
    return { ...end, shown: await show(seen), runId }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const end = childFailure(null, error.code, error.message)
    return { ...end, shown: await show(shownEnd(end)), runId: null }
  }
}

/** A called run sends no more than the trial may send. */
const trialOf = async (deps: PartDeps, { outbound }: TrialRules, workflow: Workflow): Promise<TrialRules> => ({
  outbound,
  answers: [],
  snapshot: (await settingsOf(deps.store, workflow)).snapshot,
})
