import { setTimeout as delay } from 'node:timers/promises'
import { type FairnessGate, isFair, NO_DECISION } from '../domain/decisions/fairness.ts'
import type { Actor } from '../domain/shared/actor.ts'
import { type DeployGate, type Trial, type TrialFairness, VERDICTS } from '../domain/trials/trial.ts'
import type { Workflow } from '../domain/workflows/workflow.ts'
import { UserError } from '../errors.ts'
import { lastRuns } from '../runs/trials/last-runs.ts'
import { type CandidateCode, startTrial } from '../runs/trials/start-trial.ts'
import type { Trials } from '../runs/trials/trials.ts'
import type { StoreUse } from '../store/store.ts'

const LOOK_MS = 200

export type GateDeps = {
  readonly store: StoreUse<{ runs: 'list'; trials: 'get' }>
  readonly runner: { readonly trials: Pick<Trials, 'start'> }
  readonly now: () => number
}

/** `force` deploys despite the gate. */
export type GateOptions = { readonly by: Actor; readonly force: boolean }

/** Throws `gate_failed` if the gate does not allow a case's verdict. A workflow without past runs passes. */
export async function passGate(
  { store, runner, now }: GateDeps,
  workflow: Workflow,
  candidate: CandidateCode,
  { by, force }: GateOptions,
): Promise<void> {
  const { deployGate: gate, id: workflowId } = workflow
  if (gate === null || force) return
  const runIds = await lastRuns(store, { workflowId }, gate.last)
  if (runIds.length === 0) return
  const { ignore } = gate
  const plan = { workflowId, candidate, runIds, outbound: 'read_only', ignore, by } as const
  const fairness = gate.fairness && (await fairnessOf(store, workflowId, gate.fairness))
  const { id } = await startTrial({ trials: runner.trials, now }, { ...plan, ...(fairness && { fairness }) })
  const trial = await untilEnded(store, id)
  if (trial.status === 'done') assertFair(gate, trial)
  const { status, counts, total } = trial
  const refused = VERDICTS.filter((verdict) => counts[verdict] > 0 && !gate.allow.includes(verdict))
  if (status === 'done' && refused.length === 0) return
  const found = refused.map((verdict) => `${counts[verdict]} ${verdict.replace('_', ' ')}`).join(', ')
  throw new UserError(
    'gate_failed',
    status === 'done'
      ? `The gate of this workflow tried ${total} past runs: ${found}. It allows ${gate.allow.join(', ') || 'nothing'}. Nothing was deployed: read the cases of the trial ${id}, or deploy with force.`
      : `The trial ${id} of the gate was cancelled. Nothing was deployed.`,
    { trial_id: id },
  )
}

async function fairnessOf(store: GateDeps['store'], workflowId: string, gate: FairnessGate): Promise<TrialFairness> {
  const base = 'last' in gate.base ? await lastRuns(store, { workflowId }, gate.base.last) : gate.base
  return { pairs: gate.pairs, base, result: null }
}

function assertFair({ fairness: gate }: DeployGate, { id, fairness }: Trial): void {
  const result = fairness?.result ?? null
  if (gate === undefined || (result !== null && isFair(result, gate))) return
  if (result === null || result.pairs === 0)
    throw new UserError(
      'gate_failed',
      `The gate of this workflow found no pair of requests on which the candidate decided: name the field in deploy_gate.fairness.pairs, and check that the candidate calls decide, and that deploy_gate.fairness.base names runs of this workflow which still have their requests. Nothing was deployed: read the trial ${id}, or deploy with force.`,
      { trial_id: id },
    )
  const [{ path, values, outcomes } = { path: '', values: [], outcomes: [] }] = result.examples
  const decided = outcomes.map((outcome) => (outcome === NO_DECISION ? 'no decision' : outcome))
  throw new UserError(
    'gate_failed',
    `${result.changed} of ${result.pairs} pairs of requests that differ in one field only had different outcomes, for example ${path} ${values.map((value) => JSON.stringify(value)).join(' and ')}: ${decided.join(' and ')}. The gate allows a share of ${gate.max_changed}. Nothing was deployed: read the trial ${id}, or deploy with force.`,
    {
      trial_id: id,
      pairs: result.examples.map(({ path: at, values: [one, other] }) => ({ path: at, values: [one, other] })),
    },
  )
}

async function untilEnded(store: GateDeps['store'], id: string): Promise<Trial> {
  for (;;) {
    const trial = await store.trials.get(id)
    if (trial === null) throw new UserError('conflict', 'The trial of the gate was deleted. Nothing was deployed.')
    if (trial.status !== 'running') return trial
    await delay(LOOK_MS)
  }
}
