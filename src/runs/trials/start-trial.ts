import { type ModuleFiles, NO_FILES } from '../../domain/modules/module-files.ts'
import type { OutboundMode } from '../../domain/runs/outgoing.ts'
import type { Actor } from '../../domain/shared/actor.ts'
import type { Trial, TrialFairness } from '../../domain/trials/trial.ts'
import { newId } from '../../random.ts'
import type { Trials } from './trials.ts'

export type CandidateCode =
  | { readonly version: number }
  | { readonly version: null; readonly source: string; readonly files?: ModuleFiles }

type Plan = {
  readonly workflowId: string
  readonly candidate: CandidateCode
  readonly runIds: readonly string[]
  readonly outbound: OutboundMode
  readonly ignore: readonly string[]
  readonly fairness?: TrialFairness
  readonly by: Actor
}

type TrialDeps = { readonly trials: Pick<Trials, 'start'>; readonly now: () => number }

export async function startTrial({ trials, now }: TrialDeps, plan: Plan): Promise<Trial> {
  const { workflowId, candidate, runIds, outbound, ignore, fairness = null, by } = plan
  const code =
    candidate.version === null
      ? { version: null, source: candidate.source, files: candidate.files ?? NO_FILES }
      : { version: candidate.version, source: null, files: NO_FILES }
  const trial: Trial = {
    id: newId('trial', now()),
    workflowId,
    ...code,
    outbound,
    ignore,
    status: 'running',
    counts: { same: 0, changed: 0, fixed: 0, broken: 0, not_comparable: 0 },
    total: runIds.length,
    fairness,
    createdAt: now(),
    createdBy: by,
    finishedAt: null,
  }
  await trials.start(trial, runIds)
  return trial
}
