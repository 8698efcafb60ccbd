/** Tests call other workflows as tests and answer their own tasks. */

import { childFailure, endsOf, shownEnd } from '../../domain/runs/child-run.ts'
import type { Outcome } from '../../domain/runs/run.ts'
import { type AskedWait, type StepCall, waitNames } from '../../domain/runs/steps.ts'
import { type EndedWait, endWait, NO_ANSWERS } from '../../domain/runs/test-answers.ts'
import { EMPTY_PATCH } from '../../domain/settings/patch.ts'
import type { CancelSignal } from '../../domain/shared/cancellation.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { UserError } from '../../errors.ts'
import type { StoredEnd } from '../../store/runs/rows/step-records.ts'
import type { Store } from '../../store/store.ts'
import { settingsOf } from '../privacy/start-settings.ts'
import { type Caller, type ChildDeps, planCall } from './children.ts'
import type { TrialRules } from './job.ts'
import type { PlannedRun } from './planned.ts'
import { showOf } from './show.ts'
import { type StepDeps, type StepRun, skipsWaits, storeCall } from './steps.ts'

export type TestDeps = StepDeps &
  ChildDeps & {
    readonly store: Store
    readonly executeTest: (planned: PlannedRun) => Promise<{ readonly runId: string; readonly outcome: Outcome }>
  }

type Calling = StepRun & Caller & { readonly trial?: TrialRules }

type Rules = {
  readonly secrets: readonly string[]
  readonly signal: CancelSignal
  readonly isOver: () => boolean
}

/** `waiting`: as other runs do. A problem ends the test. */
export type Progress = 'stored' | 'waiting' | Pick<Outcome, 'status' | 'code' | 'message'>

const CANCELLED: Progress = { status: 'cancelled', code: 'cancelled', message: 'Cancelled while it waited.' }

export async function endTestWaits(
  deps: TestDeps,
  calling: Calling,
  waits: readonly AskedWait[],
  rules: Rules,
): Promise<Progress> {
  const runs = waits.filter(({ kind }) => kind === 'run')
  if (runs.length > 0) return await callTests(deps, calling, runs, rules)
  if (!skipsWaits(calling)) return 'waiting'
  return await giveAnswers(deps, calling, waits, rules)
}

async function giveAnswers(
  deps: TestDeps,
  calling: Calling,
  waits: readonly AskedWait[],
  { secrets, isOver }: Rules,
): Promise<Progress> {
  const { answers } = calling.test ?? NO_ANSWERS
  const ending = {
    now: deps.store.servers.sharedNow(),
    reasonRequired: calling.workflow.decisions?.oversight?.reason_required === true,
  }
  let isStored = false
  for (const wait of waits) {
    const end = tryEnd(() => endWait(wait, answers, ending))
    if (typeof end === 'string') return needsAnswer(`The answer for ${nameOf(wait)} is not possible: ${end}`)
    if (end === null) continue
    const { status, json, seen } = end
    const shown = await showOf(deps.redactors, calling.kept, seen, secrets)
    const { applied } = await storeCall(
      deps,
      calling,
      { call: callOf(wait, { status, json }, ending.now), shown },
      isOver,
    )
    if (!applied) return CANCELLED
    isStored = true
  }
  if (isOver()) return CANCELLED
  const [first] = waits
  return isStored || first === undefined ? 'stored' : needsAnswer(`The test has no answer for ${nameOf(first)}`)
}

const needsAnswer = (message: string): Progress => ({ status: 'failed', code: 'needs_answer', message })

const nameOf = ({ kind, name, json }: AskedWait): string =>
  (kind === 'event' ? waitNames(json, name) : [name]).map((one) => JSON.stringify(one)).join(' or ')

function tryEnd(end: () => EndedWait | null): EndedWait | string | null {
  try {
    return end()
  } catch (error) {
    if (error instanceof UserError) return error.message
    throw error
  }
}

const callOf = (
  { kind, name, number, attempts }: AskedWait,
  { status, json }: Pick<StepCall, 'status' | 'json'>,
  startedAt: number,
): StepCall => ({ kind, name, number, status, json, attempts, startedAt, patch: EMPTY_PATCH })

async function callTests(
  deps: TestDeps,
  calling: Calling,
  waits: readonly AskedWait[],
  { secrets, signal, isOver }: Rules,
): Promise<Progress> {
  for (const wait of waits) {
    const startedAt = deps.store.servers.sharedNow()
    const { runId, shown, ...end } = await callTest(deps, calling, wait.json, { secrets, signal })
    const { applied } = await storeCall(
      deps,
      calling,
      { call: callOf(wait, end, startedAt), shown, childId: runId },
      isOver,
    )
    if (!applied) return CANCELLED
  }
  return isOver() ? CANCELLED : 'stored'
}

async function callTest(
  deps: TestDeps,
  calling: Calling,
  json: string,
  { secrets, signal }: Pick<Rules, 'secrets' | 'signal'>,
): Promise<StoredEnd & { readonly runId: string | null }> {
  const show = (text: string) => showOf(deps.redactors, calling.kept, text, secrets)
  try {
    const called = await planCall(deps, calling, json)
    if ('status' in called) return { ...called, shown: await show(shownEnd(called)), runId: null }
    const { workflow, code, request } = called
    const trial = calling.trial && { trial: await trialOf(deps, calling.trial, workflow) }
    const caller = { runId: calling.part.runId, signal }
    const planned = { workflow, code, request, trigger: 'test', replayOf: null, keepSettings: false, caller } as const
    const { runId, outcome } = await deps.executeTest({ ...planned, ...trial })
    const { end, seen } = endsOf(await deps.store.runs.get(runId), workflow, { outcome })
    return { ...end, shown: await show(seen), runId }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const end = childFailure(null, error.code, error.message)
    return { ...end, shown: await show(shownEnd(end)), runId: null }
  }
}

/** A called run sends no more than the trial may. */
const trialOf = async (deps: TestDeps, { outbound }: TrialRules, workflow: Workflow): Promise<TrialRules> => ({
  outbound,
  answers: [],
  snapshot: (await settingsOf(deps.store, workflow)).snapshot,
})
