import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import {
  assertOutcome,
  InvalidDecision,
  outcomeOf,
  type ProposedDecision,
  readDecision,
} from '../../domain/decisions/decision.ts'
import { assertNotOverseen, overseenOf } from '../../domain/decisions/policy.ts'
import type { JobSteps, Outcome, Trigger } from '../../domain/runs/run.ts'
import { STEP_LIMITS, type StepCall, type StoredStep, type Wait } from '../../domain/runs/steps.ts'
import type { TestRules } from '../../domain/runs/test-answers.ts'
import type { Snapshot } from '../../domain/settings/settings.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { pooledRandomBytes } from '../../random.ts'
import type { NewDecision } from '../../store/decisions/records.ts'
import type { Finished } from '../../store/runs/rows/records.ts'
import type { ChildOfCall, CommittedStep, Part } from '../../store/runs/rows/step-records.ts'
import type { StoreUse } from '../../store/store.ts'
import { openAccess } from '../connections/access-token.ts'
import { type ConnectionTokens, type RunTokens, tokenChangeOf } from '../connections/tokens.ts'
import { newDecision } from '../decisions/new-decision.ts'
import type { Code } from '../packages/prepared.ts'
import { newSecretsOf, type Redactors, redactLong } from '../privacy/redact-run.ts'
import type { KeptRun } from '../privacy/rules.ts'
import { type ChildDeps, planChildren } from './children.ts'
import { newProposals, showQuestions } from './questions.ts'
import { showOf } from './show.ts'
import type { WaitLinks } from './wait-links.ts'

const FIRST_RETRY_MS = 50
const MAX_RETRY_MS = 5000
export const TESTS: readonly string[] = ['test', 'trial']

/** A second part shows that the test has real waits. */
export const skipsWaits = ({ trigger, part, test }: Pick<StepRun, 'trigger' | 'part' | 'test'>): boolean =>
  TESTS.includes(trigger) && part.part === 1 && test?.waits !== 'real'

export type TakenDecision = { readonly name: string; readonly number: number; readonly outcome: string }

export type StepDeps = {
  readonly store: StoreUse<{
    runs: 'commitStep' | 'suspend'
    servers: 'sharedNow'
    workflows: 'getEnvironment'
    decisions: 'hashSubject'
  }>
  readonly redactors: Redactors
  readonly waitLinks: WaitLinks
  readonly log: Logger
}

export type StepRun = {
  readonly part: Part
  readonly trigger: Trigger
  readonly test?: TestRules
  readonly workflow: Workflow
  readonly code: Code
  readonly keepSettings: boolean
  readonly kept: KeptRun | null
  readonly snapshot: Snapshot
}

type Started = StepRun & { readonly stored: readonly StoredStep[]; readonly tokens: RunTokens }

export const firstPart = (runId: string, workflowId: string): Part => ({
  runId,
  workflowId,
  firstId: runId,
  attempt: 1,
  part: 1,
})

type RunSteps = {
  readonly job: JobSteps
  /** Updated by each stored step. */
  readonly snapshot: Snapshot
  /** Includes tests, which record no decisions. */
  readonly taken: readonly TakenDecision[]
}

type StepOptions = {
  readonly secrets: readonly string[]
  readonly onToken: (accessToken: string) => void
  /** Cancelled, or continued on another server. */
  readonly isOver: () => boolean
}

export function openSteps(
  deps: StepDeps & { readonly connections: Pick<ConnectionTokens, 'of'> },
  started: Started,
  { secrets, onToken, isOver }: StepOptions,
): RunSteps {
  const { part, stored } = started
  const taken: TakenDecision[] = []
  const snapshot = new Map(started.snapshot)
  for (const { patch } of stored) if (patch !== null) apply(snapshot, patch.set, patch.deleted)
  const size = { calls: stored.length, bytes: stored.reduce((sum, { json }) => sum + (json?.length ?? 0), 0) }
  return {
    snapshot,
    taken,
    job: {
      key: part.firstId,
      urls: deps.waitLinks.of(part.firstId),
      skipsWaits: skipsWaits(started),
      stored,
      overseen: overseenOf(started.workflow.decisions),
      mark: stored.some(({ isLogged }) => isLogged) ? pooledRandomBytes(16).toString('hex') : null,
      accessToken: openAccess({ ...deps, names: started.workflow.connections, onToken }),
      async store(asked) {
        const read = await readCall(deps, started, asked, secrets, taken)
        if ('error' in read) return read
        const { call, decision } = read
        size.calls += 1
        size.bytes += call.json.length
        const excess = Math.max(size.calls / STEP_LIMITS.calls, size.bytes / STEP_LIMITS.totalBytes)
        // A runtime stops at the error below, so more steps are forged.
        if (excess > 2) return null
        if (excess > 1)
          return {
            error: { code: 'invalid_step', message: 'The run has too many steps, or their results are too large' },
          }
        const change = tokenChangeOf(call.patch, started.tokens)
        if (change !== null) return { error: { code: 'invalid_settings', message: change } }
        const shown = await showOf(deps.redactors, started.kept, call.json, [
          ...secrets,
          ...newSecretsOf(snapshot, call),
        ])
        const committed = await storeCall(deps, { ...started, snapshot }, { call, shown, decision }, isOver)
        if (!committed.applied) return null
        if (committed.settingsError !== null)
          return { error: { code: 'invalid_settings', message: committed.settingsError } }
        if (started.keepSettings) follow(snapshot, call, committed)
        else apply(snapshot, call.patch.set, call.patch.deleted)
        return { error: null }
      },
    },
  }
}

type Recorded = { readonly call: StepCall; readonly decision: ProposedDecision | null }
type StoredCall = Pick<Recorded, 'call'> &
  Partial<Recorded> & { readonly shown: string; readonly childId?: string | null }
type Refused = { readonly error: { readonly code: 'invalid_decision'; readonly message: string } }

/** The result of `decide` is the outcome. */
async function readCall(
  deps: StepDeps,
  { workflow }: Started,
  asked: StepCall,
  secrets: readonly string[],
  taken: TakenDecision[],
): Promise<Recorded | Refused> {
  if (asked.decision === undefined) return { call: asked, decision: null }
  try {
    const json = await redactLong(asked.json, deps.redactors(secrets))
    const given = readDecision(json)
    assertOutcome(given.outcome, workflow.decisions?.outcomes ?? null)
    taken.push({ name: asked.name, number: asked.decision, outcome: given.outcome })
    assertNotOverseen(workflow.decisions, given.outcome)
    // The outcome may be a secret, which is *** in the record.
    if (json !== asked.json) assertNotOverseen(workflow.decisions, outcomeOf(asked.json))
    return { call: { ...asked, json: JSON.stringify(given.outcome) }, decision: given }
  } catch (error) {
    if (!(error instanceof InvalidDecision)) throw error
    return { error: { code: 'invalid_decision', message: error.message } }
  }
}

/** Retries until the database answers. Null: the run is over before. */
export async function untilStored<T>(
  store: () => Promise<T>,
  onError: (error: unknown) => void,
  isOver: () => boolean = () => false,
): Promise<T | null> {
  for (let waitMs = FIRST_RETRY_MS; !isOver(); waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)) {
    try {
      return await store()
    } catch (error) {
      onError(error)
    }
    await delay(waitMs, undefined, { ref: false })
  }
  return null
}

/** Retries until the database answers: the function cannot continue before. */
export async function storeCall(
  { store, log }: StepDeps,
  { part, workflow, code, trigger, keepSettings, snapshot }: StepRun,
  { call, shown, decision: proposed = null, childId = null }: StoredCall,
  isOver: () => boolean,
): Promise<CommittedStep> {
  const { runId } = part
  let decision: NewDecision | null = null
  const commit = async () => {
    const shared = { part, workflowName: workflow.name, keepSettings, snapshot, childId, at: store.servers.sharedNow() }
    if (proposed !== null && !TESTS.includes(trigger))
      decision ??= await newDecision(store, { workflow, code }, proposed)
    return await store.runs.commitStep({ ...shared, call, shown, ...(decision && { decision }) })
  }
  const onError = (error: unknown) => log.error({ err: error, runId }, 'a step could not be stored; trying again')
  return (await untilStored(commit, onError, isOver)) ?? { applied: false, settingsError: null, written: [] }
}

/** Retries until the database answers. */
export async function suspend(
  deps: StepDeps & ChildDeps,
  started: Pick<Started, 'part' | 'kept' | 'workflow' | 'code' | 'stored' | 'trigger'> & {
    readonly runId: string
    readonly traceId: string | null
  },
  outcome: Outcome,
  secrets: readonly string[],
): Promise<Finished> {
  const { store: runStore, log } = deps
  const { part, runId, kept } = started
  const questions = await showQuestions(deps.redactors, kept, outcome, secrets)
  let proposals: Awaited<ReturnType<typeof newProposals>> | null = null
  let children: readonly ChildOfCall[] | null = null
  const store = async () => {
    const at = runStore.servers.sharedNow()
    const waits = (outcome.waits ?? []).map(({ ms, until, ...wait }): Wait => {
      const end = until ?? at + (ms ?? 0)
      return { ...wait, until: Math.min(end, at + STEP_LIMITS.waitMs) }
    })
    // A person's answer in a test is no decision.
    proposals ??= TESTS.includes(started.trigger) ? new Map() : await newProposals(deps, started, outcome, secrets)
    children ??= await planChildren(deps, started, outcome, secrets)
    return await runStore.runs.suspend({ part, waits, questions, proposals, children, logs: outcome.logs, at })
  }
  const onError = (error: unknown) =>
    log.error({ err: error, runId }, 'a waiting run could not be stored; trying again')
  const applied = (await untilStored(store, onError)) ?? false
  return { applied, warnings: [], settingsChanges: [], settingsError: null }
}

type Changes = Map<string, Snapshot extends ReadonlyMap<string, infer Value> ? Value : never>

function apply(snapshot: Changes, set: ReadonlyMap<string, string>, deleted: readonly string[]): void {
  for (const [key, value] of set) snapshot.set(key, { ...(snapshot.get(key) ?? NEW), key, value })
  for (const key of deleted) snapshot.delete(key)
}

const NEW = { secret: false, revision: 0, updatedAt: 0, updatedBy: { type: 'run', id: '', name: '' } } as const

/** The run's next changes build on what this step stored, unless another change was merged with it. */
function follow(snapshot: Changes, { patch }: StepCall, { written }: CommittedStep): void {
  const wanted = new Map<string, string | null>([...patch.deleted.map((key) => [key, null] as const), ...patch.set])
  for (const [key, value] of wanted) {
    const found = written.find((one) => one.key === key)
    const before = snapshot.get(key) ?? { ...NEW, key, value: '' }
    const revision = found?.value === value ? found.revision : before.revision
    if (value === null) snapshot.delete(key)
    else snapshot.set(key, { ...before, value, revision })
  }
}
