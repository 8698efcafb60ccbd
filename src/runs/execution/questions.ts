import { assertOutcome, InvalidDecision, type ProposedDecision, readDecision } from '../../domain/decisions/decision.ts'
import { type DecisionPolicy, isOverseen } from '../../domain/decisions/policy.ts'
import type { Outcome } from '../../domain/runs/run.ts'
import { type Question, readQuestion, TASK_LIMITS } from '../../domain/tasks/task.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { newId } from '../../random.ts'
import type { ProposalOfCall } from '../../store/runs/rows/step-records.ts'
import type { StoreUse } from '../../store/store.ts'
import { newDecision } from '../decisions/new-decision.ts'
import type { Code } from '../packages/prepared.ts'
import { type Redactors, redactLong } from '../privacy/redact-run.ts'
import type { KeptRun } from '../privacy/rules.ts'
import { showOf, showText } from './show.ts'

export function refuseQuestions(outcome: Outcome): Outcome {
  const asked = (outcome.waits ?? []).filter(({ kind }) => kind === 'task')
  for (const [index, { name, json }] of asked.entries()) {
    const question = readQuestion(json)
    const problem = typeof question === 'string' ? question : `a run may have ${TASK_LIMITS.open} open tasks`
    if (typeof question !== 'string' && index < TASK_LIMITS.open) continue
    const message = `The question of ask(${JSON.stringify(name)}) is invalid: ${problem}. It was not asked`
    return { ...outcome, status: 'failed', code: 'invalid_step', message }
  }
  return outcome
}

/** Removes secrets, and texts by privacy rules. */
export async function showQuestions(
  redactors: Redactors,
  kept: KeptRun | null,
  outcome: Outcome,
  secrets: readonly string[],
): Promise<ReadonlyMap<string, Question>> {
  const shown = new Map<string, Question>()
  const show = async (text: string | null) => (text === null ? null : await showText(redactors, kept, text, secrets))
  for (const { kind, name, json } of outcome.waits ?? []) {
    const question = kind === 'task' ? readQuestion(json) : ''
    if (typeof question === 'string') continue
    const { title, text, data } = question
    const shownData = data === null ? null : await showOf(redactors, kept, data, secrets)
    shown.set(name, { ...question, title: (await show(title)) ?? '', text: await show(text), data: shownData })
  }
  return shown
}

export function askReviewers(outcome: Outcome, policy: DecisionPolicy | null): Outcome {
  if (outcome.waits?.some(({ decision }) => decision !== undefined) !== true) return outcome
  try {
    const waits = outcome.waits.map((wait) => {
      if (wait.decision === undefined) return wait
      const given = readDecision(wait.json)
      assertOutcome(given.outcome, policy?.outcomes ?? null)
      if (policy?.oversight === undefined || !isOverseen(policy, given.outcome))
        throw new InvalidDecision(`outcome: ${JSON.stringify(given.outcome)} waits for no person`)
      return { ...wait, json: questionOf(given, policy), decision: { ...wait.decision, given: wait.json } }
    })
    return { ...outcome, waits }
  } catch (error) {
    if (!(error instanceof InvalidDecision)) throw error
    const { waits: _, ...rest } = outcome
    return { ...rest, status: 'failed', code: 'invalid_decision', message: error.message }
  }
}

/** Mails and channels show the title: it contains nothing of the person. */
function questionOf(given: ProposedDecision, policy: DecisionPolicy): string {
  const { subject, outcome, reasons, inputs, model, score } = given
  const { outcomes = [], reviewers } = policy.oversight ?? { reviewers: null }
  return JSON.stringify({
    title: `Decision: ${outcome.replaceAll(/\p{Cc}/gu, ' ')}`,
    text: reasons
      .map((reason) => `- ${reason}`)
      .join('\n')
      .slice(0, MAX_TEXT)
      .toWellFormed(),
    data: JSON.stringify(withoutNulls({ subject, inputs, model, score })),
    choices: [...new Set([outcome, ...(policy.outcomes ?? outcomes)])],
    to: reviewers,
  })
}

const withoutNulls = (given: object) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))

const MAX_TEXT = 10_000

type Started = { readonly workflow: Workflow; readonly code: Code }

/** Returns proposals by task name, without secrets. */
export async function newProposals(
  {
    store,
    redactors,
  }: {
    readonly store: StoreUse<{ workflows: 'getEnvironment'; servers: 'sharedNow'; decisions: 'hashSubject' }>
    readonly redactors: Redactors
  },
  { workflow, code }: Started,
  outcome: Outcome,
  secrets: readonly string[],
): Promise<ReadonlyMap<string, ProposalOfCall>> {
  const proposals = new Map<string, ProposalOfCall>()
  for (const { name, decision: call } of outcome.waits ?? []) {
    if (call?.given === undefined) continue
    const given = readDecision(await redactLong(call.given, redactors(secrets)))
    proposals.set(name, {
      call: { name: call.name, number: call.number },
      proposal: {
        decision: {
          ...(await newDecision(store, { workflow, code }, given)),
          id: newId('dec', store.servers.sharedNow()),
        },
        subjectHash: await store.decisions.hashSubject(given.subject),
        reasonRequired: workflow.decisions?.oversight?.reason_required === true,
      },
    })
  }
  return proposals
}
