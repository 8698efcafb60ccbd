/** The requests of a pair differ in one field. */

import { documentOf } from '../../domain/decisions/explain/explanation.ts'
import { type ComparedPair, fairnessOf, NO_DECISION, pairRequests } from '../../domain/decisions/fairness.ts'
import type { Trial, TrialFairness } from '../../domain/trials/trial.ts'
import type { Candidate } from './case.ts'
import { type Base, createPace, runVariant, type VariantDeps } from './variant.ts'

type Deps = VariantDeps & { readonly isClosing: boolean }

/** Stores the outcomes with the trial. Does not count pairs of which no run decided. */
export async function runFairness(
  state: Deps,
  trial: Pick<Trial, 'id' | 'workflowId'>,
  fairness: TrialFairness,
  candidate: Candidate,
  own: Set<string>,
): Promise<void> {
  const { deps } = state
  const pace = createPace(deps, own, () => state.isClosing)
  const compared: ComparedPair[] = []
  for (const runId of fairness.base) {
    const base = await findBase(state, trial, runId)
    if (base === null) continue
    const pairs = pairRequests(base.document, fairness.pairs)
    const outcomes = await pace(pairs, async ({ documents: [one, other] }) => {
      const first = await outcomeOf(state, candidate, base, one, own)
      const second = await outcomeOf(state, candidate, base, other, own)
      return first === NO_DECISION && second === NO_DECISION ? null : ([first, second] as const)
    })
    for (const [index, { path, values }] of pairs.entries()) {
      const found = outcomes[index] ?? null
      if (found !== null) compared.push({ runId, path, values, outcomes: found })
    }
    if (state.isClosing || (await deps.store.trials.get(trial.id))?.status !== 'running') return
  }
  await deps.store.trials.setFairness(trial.id, { ...fairness, result: fairnessOf(compared) })
}

/** Null: a run of another workflow, or without a request. */
async function findBase(
  { deps: { store } }: Deps,
  { workflowId }: Pick<Trial, 'workflowId'>,
  runId: string,
): Promise<Base | null> {
  const run = await store.runs.get(runId)
  if (run === null || run.workflowId !== workflowId) return null
  const document = run.request === null ? null : documentOf(run.request)
  if (document === null) return null
  return { run, document, calls: (await store.runs.listCalls(runId, true)).calls }
}

async function outcomeOf(
  state: Deps,
  candidate: Candidate,
  base: Base,
  document: unknown,
  own: Set<string>,
): Promise<string> {
  const taken = await runVariant(state, candidate, base, document, own)
  return taken.length === 0 ? NO_DECISION : taken.map(({ outcome }) => outcome).join(', ')
}
