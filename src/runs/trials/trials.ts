import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { CodeText } from '../../domain/modules/module-files.ts'
import { isFinal } from '../../domain/runs/run.ts'
import type { Actor } from '../../domain/shared/actor.ts'
import type { Trial } from '../../domain/trials/trial.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import type { CodeLookup } from '../execution/code.ts'
import type { PlannedRun } from '../execution/planned.ts'
import { type Candidate, type CaseDeps, runCase } from './case.ts'
import { type Comparer, createComparer } from './comparer.ts'
import { createExplanations, type Explanations } from './explanations.ts'
import { runFairness } from './fairness.ts'
import { createPace } from './variant.ts'

export type Trials = {
  start(trial: Trial, runIds: readonly string[]): Promise<void>
  /** Returns false if the trial had ended. */
  cancel(trial: Pick<Trial, 'id' | 'workflowId'>, by: Actor): Promise<boolean>
  readonly explanations: Pick<Explanations, 'start'>
  adopt(): Promise<void>
  onChange(listener: (trialId: string) => void): () => void
  close(): Promise<void>
}

export type TrialOptions = Omit<CaseDeps, 'comparer'> & {
  readonly code: CodeLookup
  readonly environments: {
    prepare(workflow: Workflow, code: PlannedRun['code'], waitMs: null): Promise<Candidate['prepared']>
  }
  readonly planUnsaved: (workflow: Workflow, code: CodeText) => Promise<PlannedRun['code']['packages']>
  readonly log: Logger
}

type State = TrialOptions & {
  readonly comparer: Comparer
  readonly carried: Map<string, Promise<void>>
  readonly runs: Map<string, Set<string>>
  readonly listeners: Set<(trialId: string) => void>
  isClosing: boolean
}

const RETRY_MS = 1000

export function createTrials(options: TrialOptions): Trials {
  const comparer = createComparer()
  const state: State = {
    ...options,
    comparer,
    carried: new Map(),
    runs: new Map(),
    listeners: new Set(),
    isClosing: false,
  }
  const { store } = options.deps
  const explanations = createExplanations(options)
  return {
    explanations,
    async start(trial, runIds) {
      const { id: detail, workflowId, createdBy: by, createdAt: at } = trial
      await store.together(async (tx) => {
        await tx.trials.create(trial, runIds)
        await tx.audit.add({ at, by, action: 'trial.start', workflowId, detail })
      })
      carry(state, trial)
    },
    async cancel({ id, workflowId }, by) {
      const at = state.deps.now()
      const isEnded = await store.together(async (tx) => {
        if (!(await tx.trials.end(id, 'cancelled', at))) return false
        await tx.audit.add({ at, by, action: 'trial.cancel', workflowId, detail: id })
        return true
      })
      cancelRuns(state, id)
      announce(state, id)
      return isEnded
    },
    async adopt() {
      if (state.isClosing) return
      await explanations.adopt()
      for (const trial of await store.trials.adopt()) carry(state, trial)
    },
    onChange(listener) {
      state.listeners.add(listener)
      return () => state.listeners.delete(listener)
    },
    async close() {
      state.isClosing = true
      for (const id of state.carried.keys()) cancelRuns(state, id)
      await Promise.allSettled([explanations.close(), ...state.carried.values()])
      await comparer.close()
    },
  }
}

function announce({ listeners }: State, id: string): void {
  for (const listener of listeners) listener(id)
}

function cancelRuns({ runs, deps }: State, id: string): void {
  for (const runId of runs.get(id) ?? []) deps.live.cancel(runId)
}

function carry(state: State, trial: Trial): void {
  if (state.carried.has(trial.id)) return
  const carried = run(state, trial)
    .catch((error: unknown) => state.log.error({ err: error, trialId: trial.id }, 'a trial failed inside the server'))
    .finally(() => state.carried.delete(trial.id))
  state.carried.set(trial.id, carried)
}

async function run(state: State, trial: Trial): Promise<void> {
  const { deps, runs } = state
  const { store } = deps
  const own = new Set<string>()
  runs.set(trial.id, own)
  try {
    const candidate = await prepare(state, trial)
    const isOver = async () => state.isClosing || (await store.trials.get(trial.id))?.status !== 'running'
    const pace = createPace(deps, own, isOver)
    await pace(await store.trials.listPendingCases(trial.id), async ({ position, runId }) => {
      const { trialRunId, result } = candidate === null ? LOST : await runOne(state, trial.id, candidate, runId, own)
      if (state.isClosing) return
      await store.trials.endCase(trial.id, position, trialRunId, result)
      announce(state, trial.id)
    })
    if (candidate !== null && trial.fairness !== null && !(await isOver()))
      await runFairness(state, trial, trial.fairness, candidate, own)
    if (!state.isClosing) await store.trials.end(trial.id, 'done', deps.now())
  } finally {
    runs.delete(trial.id)
    announce(state, trial.id)
  }
}

const LOST = { trialRunId: null, result: { verdict: 'not_comparable', wouldSend: [], differences: [] } } as const

async function runOne(state: State, trialId: string, candidate: Candidate, originalId: string, own: Set<string>) {
  let started: string | null = null
  const onStart = (runId: string) => {
    started = runId
    own.add(runId)
  }
  try {
    return await runCase(state, candidate, originalId, onStart)
  } catch (error) {
    state.log.warn({ err: error, trialId, runId: originalId }, 'a case of a trial failed inside the server')
    const kept = started === null ? null : await state.deps.store.runs.get(started)
    if (kept === null) await delay(RETRY_MS)
    return { ...LOST, trialRunId: kept !== null && isFinal(kept.status) ? kept.id : null }
  } finally {
    if (started !== null) own.delete(started)
  }
}

async function prepare(state: State, trial: Trial): Promise<Candidate | null> {
  const { deps, code: lookup, environments, planUnsaved } = state
  const { workflowId, version, source, files, outbound, ignore } = trial
  try {
    const workflow = await deps.store.workflows.get(workflowId)
    if (workflow === null) return null
    const code =
      version !== null
        ? await lookup.numbered(workflow, version)
        : {
            id: null,
            source: source ?? '',
            files,
            packages: await planUnsaved(workflow, { source: source ?? '', files }),
          }
    return { workflow, code, prepared: await environments.prepare(workflow, code, null), outbound, ignore }
  } catch (error) {
    state.log.warn({ err: error, trialId: trial.id }, 'the candidate of a trial could not be prepared')
    return null
  }
}
