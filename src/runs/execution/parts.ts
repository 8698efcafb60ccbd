/** A test ends its waits and begins again. */

import { readDecision } from '../../domain/decisions/decision.ts'
import { MAX_CALLS } from '../../domain/runs/outgoing.ts'
import type { Outcome } from '../../domain/runs/run.ts'
import { STEP_LIMITS } from '../../domain/runs/steps.ts'
import type { CancelSignal } from '../../domain/shared/cancellation.ts'
import { LIMITS } from '../../domain/workflows/workflow.ts'
import type { Part } from '../../store/runs/rows/step-records.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import type { ConnectionTokens } from '../connections/tokens.ts'
import { redactLong } from '../privacy/redact-run.ts'
import { refuseRuns } from './children.ts'
import { runCode } from './job.ts'
import type { StartedRun } from './planned.ts'
import { askReviewers, refuseQuestions } from './questions.ts'
import { openSteps, type TakenDecision, TESTS } from './steps.ts'
import { endTestWaits, type TestDeps } from './test-waits.ts'

export type PartDeps = TestDeps & { readonly pool: Pool; readonly connections: Pick<ConnectionTokens, 'of'> }

type Options = Omit<Parameters<typeof runCode>[2], 'signal'> & {
  readonly signal: CancelSignal
} & Parameters<typeof openSteps>[2]

type Executed = {
  readonly outcome: Outcome
  /** Includes the settings that its steps changed. */
  readonly running: StartedRun
  readonly taken: readonly TakenDecision[]
}

const FORGED = { status: 'failed', code: 'nondeterminism', message: 'The function waits for what has ended.' } as const

export async function executePart(deps: PartDeps, started: StartedRun, options: Options): Promise<Executed> {
  const { part, trigger } = started
  if (part === null) return { outcome: await runCode(deps.pool, started, options), running: started, taken: [] }
  let executed = await executeOnce(deps, { ...started, part }, options)
  while (TESTS.includes(trigger) && executed.outcome.status === 'waiting') {
    const calling = { ...executed.running, part }
    const progress = await endTestWaits(deps, calling, executed.outcome.waits ?? [], options)
    if (progress === 'waiting') return executed
    if (progress !== 'stored') return { ...executed, outcome: { ...executed.outcome, ...progress } }
    const stored = (await deps.store.runs.loadSteps(part)).map((step) => ({ ...step, isLogged: true }))
    // Each pass stores a call. A function that forges its waits would not end.
    if (stored.length <= calling.stored.length || stored.length > STEP_LIMITS.calls)
      return { ...executed, outcome: { ...executed.outcome, ...FORGED } }
    executed = join(executed, await executeOnce(deps, { ...calling, stored }, options))
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
  return { outcome, running, taken: [...taken, ...(await proposedBy(deps, outcome, options.secrets))] }
}

async function proposedBy(
  { redactors }: Pick<PartDeps, 'redactors'>,
  { waits = [] }: Outcome,
  secrets: readonly string[],
): Promise<readonly TakenDecision[]> {
  const proposed: TakenDecision[] = []
  for (const { decision } of waits) {
    if (decision?.given === undefined) continue
    const given = await redactLong(decision.given, redactors(secrets))
    proposed.push({ name: decision.name, number: decision.number, outcome: readDecision(given).outcome })
  }
  return proposed
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
  return { ...next, outcome, taken: joinTaken(first.taken, next.taken) }
}

/** A proposal that waits for its answer is made again. */
const joinTaken = (first: readonly TakenDecision[], next: readonly TakenDecision[]): readonly TakenDecision[] => [
  ...first,
  ...next.filter(({ name, number }) => !first.some((one) => one.name === name && one.number === number)),
]
