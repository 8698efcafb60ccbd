/** Outcomes of `decide` that wait for a person. */

import { assertOutcome, InvalidDecision, type ProposedDecision, readDecision } from '../../domain/decisions/decision.ts'
import { type DecisionPolicy, isOverseen } from '../../domain/decisions/policy.ts'
import type { Outcome } from '../../domain/runs/run.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import type { ProposalOfCall } from '../../store/runs/rows/step-records.ts'
import type { Store } from '../../store/store.ts'
import { newDecision } from '../decisions/new-decision.ts'
import type { Code } from '../packages/prepared.ts'
import type { Redactors } from '../privacy/redact-run.ts'
import { asJson } from './show.ts'

/** Makes a question to the reviewers of each such outcome. An invalid one fails the run. */
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

/** The title is in mails and channels, so it has nothing of the person. */
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
    data: JSON.stringify({ subject, inputs, model, score }),
    choices: [...new Set([outcome, ...(policy.outcomes ?? outcomes)])],
    to: reviewers,
  })
}

const MAX_TEXT = 10_000

type Started = { readonly workflow: Workflow; readonly code: Code }

/** Returns the proposals of a part by the names of their tasks, without secrets. */
export async function newProposals(
  {
    store,
    redactors,
  }: {
    readonly store: Pick<Store, 'getEnvironment' | 'sharedNow' | 'hashSubject'>
    readonly redactors: Redactors
  },
  { workflow, code }: Started,
  outcome: Outcome,
  secrets: readonly string[],
): Promise<ReadonlyMap<string, ProposalOfCall>> {
  const proposals = new Map<string, ProposalOfCall>()
  for (const { name, decision: call } of outcome.waits ?? []) {
    if (call?.given === undefined) continue
    const given = readDecision(asJson(call.given, await redactors(secrets).inSlices(call.given)))
    proposals.set(name, {
      call: { name: call.name, number: call.number },
      proposal: {
        decision: await newDecision(store, { workflow, code }, given),
        subjectHash: await store.hashSubject(given.subject),
        reasonRequired: workflow.decisions?.oversight?.reason_required === true,
      },
    })
  }
  return proposals
}
