/** Runs a decision's version on its request with changed fields, and keeps what would have changed it. */

import { setTimeout as delay } from 'node:timers/promises'
import type { OutcomeChange } from '../../domain/decisions/explain/change.ts'
import {
  documentOf,
  type ExplainPlan,
  type Explanation,
  notExplained,
} from '../../domain/decisions/explain/explanation.ts'
import { assertFields } from '../../domain/decisions/explain/fields.ts'
import { searchChanges } from '../../domain/decisions/explain/search.ts'
import type { SealedDecision } from '../../domain/decisions/record.ts'
import type { Actor } from '../../domain/shared/actor.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { newId } from '../../random.ts'
import type { CodeLookup } from '../execution/code.ts'
import type { Prepared } from '../packages/prepared.ts'
import type { Candidate } from './case.ts'
import { lastRuns } from './last-runs.ts'
import { type Base, createPace, type Pace, runVariant, type VariantDeps } from './variant.ts'

export type Explanations = {
  /** Throws `conflict` if the decision cannot be explained, and `bad_request` for a field without a value to try. */
  start(decision: SealedDecision, plan: ExplainPlan, by: Actor): Promise<Explanation>
  /** Ends explanations of dead servers. */
  adopt(): Promise<void>
  close(): Promise<void>
}

export type ExplanationOptions = VariantDeps & {
  readonly code: CodeLookup
  readonly environments: {
    prepare(workflow: Workflow, code: Candidate['code'], waitMs: null): Promise<Prepared>
  }
}

type State = ExplanationOptions & { readonly carried: Set<Promise<void>>; isClosing: boolean }

type Subject = {
  readonly workflow: Workflow
  readonly base: Base
  readonly version: number
  readonly call: { readonly name: string; readonly number: number }
  readonly proposed: string
}

/** Requests whose values are tried. */
const OTHERS = 50
const MAX_BODY = 256 * 1024

export function createExplanations(options: ExplanationOptions): Explanations {
  const state: State = { ...options, carried: new Set(), isClosing: false }
  const { store, now } = options.deps
  return {
    async start(decision, plan, by) {
      const subject = await subjectOf(state, decision)
      const others = await otherDocuments(state, subject)
      assertFields(plan, subject.base.document, others)
      const { id: decisionId, workflow_id: workflowId, run_id: runId } = decision.record
      const id = newId('exp', now())
      const begun = {
        id,
        decisionId,
        workflowId,
        runId,
        status: 'running',
        tried: 0,
        changes: [],
        problem: null,
      } as const
      const explanation: Explanation = { ...begun, createdAt: now(), finishedAt: null }
      await store.together(async (tx) => {
        await tx.decisions.createExplanation(explanation, by)
        await tx.audit.add({ at: now(), by, action: 'decisions.explain', workflowId, detail: decisionId })
      })
      const carried = carry(state, explanation, { ...subject, others }, plan).finally(() =>
        state.carried.delete(carried),
      )
      state.carried.add(carried)
      return explanation
    },
    adopt: () => store.decisions.endLostExplanations(now()),
    async close() {
      state.isClosing = true
      await Promise.allSettled(state.carried)
    },
  }
}

async function subjectOf({ deps: { store } }: State, { record, content }: SealedDecision): Promise<Subject> {
  const { workflow_id, run_id, version, id, proposed } = record
  const call = await store.decisions.getCall(id)
  const workflow = await store.workflows.get(workflow_id)
  if (content === null || call === null) throw notExplained('it was erased')
  if (workflow === null) throw notExplained('its workflow was deleted')
  if (version === null || (await store.workflows.getVersion(workflow.id, version)) === null)
    throw notExplained('its version is not stored')
  const run = await store.runs.get(run_id)
  if (run === null || run.request === null) throw notExplained('the request of its run was deleted')
  const document = documentOf(run.request)
  if (document === null) throw notExplained('the request of its run is no JSON object')
  const { calls } = await store.runs.listCalls(run_id, true)
  return { workflow, version, call, proposed, base: { run, calls, document } }
}

type Searched = Subject & { readonly others: readonly object[] }

async function carry(state: State, begun: Explanation, subject: Searched, plan: ExplainPlan): Promise<void> {
  const { store, now, log } = state.deps
  const end = (ended: Pick<Explanation, 'status' | 'tried'> & Partial<Explanation>) =>
    store.decisions.endExplanation({ ...begun, ...ended, finishedAt: now() })
  try {
    const found = await search(state, begun.id, subject, plan)
    await end(found)
  } catch (error) {
    log.error({ err: error, explanationId: begun.id }, 'an explanation failed inside the server')
    await end({ status: 'failed', tried: 0, problem: 'The server could not run the version.' }).catch(() => delay(0))
  }
}

type Found = Pick<Explanation, 'status' | 'tried' | 'changes' | 'problem'>

async function search(state: State, id: string, subject: Searched, plan: ExplainPlan): Promise<Found> {
  const { deps, code: lookup, environments } = state
  const { workflow, base, call, proposed, others } = subject
  const code = await lookup.numbered(workflow, subject.version)
  const prepared = await environments.prepare(workflow, code, null)
  const candidate = { workflow, code, prepared, outbound: 'recorded' } as const
  const own = new Set<string>()
  const outcomeOf = async (document: unknown): Promise<string | null> => {
    const taken = await runVariant(state, candidate, base, document, own)
    return taken.find(({ name, number }) => name === call.name && number === call.number)?.outcome ?? null
  }
  const unchanged = await outcomeOf(base.document)
  if (unchanged !== proposed) return { status: 'failed', tried: 0, changes: [], problem: problemOf(unchanged) }
  const pace = createPace(deps, own, () => state.isClosing)
  const { fields, values, maxRuns } = plan
  const steps = searchChanges({
    document: base.document,
    others,
    fields,
    values,
    outcome: proposed,
    maxRuns,
  })
  return await follow(state, id, { steps, pace, outcomeOf })
}

const problemOf = (outcome: string | null): string =>
  outcome === null
    ? 'The version did not come to this decision again on the unchanged request. Outgoing calls that were not recorded are refused: record_outbound of the workflow records them.'
    : `The version decided ${JSON.stringify(outcome)} on the unchanged request, so that what changes the decision cannot be told. Its settings, the time or chance may take part.`

type Following = {
  readonly steps: ReturnType<typeof searchChanges>
  readonly pace: Pace
  readonly outcomeOf: (document: unknown) => Promise<string | null>
}

async function follow(state: State, id: string, { steps, pace, outcomeOf }: Following): Promise<Found> {
  let tried = 0
  let step = steps.next()
  while (!step.done) {
    const outcomes = await pace(step.value, outcomeOf)
    tried += step.value.length
    if (state.isClosing) return { status: 'cancelled', tried, changes: [], problem: null }
    await state.deps.store.decisions.countTried(id, tried)
    step = steps.next(outcomes)
  }
  const changes: readonly OutcomeChange[] = step.value
  return { status: 'done', tried, changes, problem: null }
}

async function otherDocuments({ deps: { store } }: State, { workflow, base }: Subject): Promise<readonly object[]> {
  const ids = await lastRuns(store, { workflowId: workflow.id }, OTHERS + 1)
  const documents: object[] = []
  for (const id of ids) {
    const request = id === base.run.id ? null : ((await store.runs.get(id))?.request ?? null)
    const document = request === null || request.body.length > MAX_BODY ? null : documentOf(request)
    if (document !== null) documents.push(document)
  }
  return documents
}
