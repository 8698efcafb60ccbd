/** Chains of made-up decisions. */

import {
  type DecisionContent,
  type DecisionRecord,
  NO_PREVIOUS,
  type SaltedAttributes,
  type SealedDecision,
  sealDecision,
} from '../../../src/domain/decisions/record.ts'

const AT = Date.UTC(2026, 0, 5)

export const ATTRIBUTES: SaltedAttributes = { salt: 'f'.repeat(32), attributes: { sex: 'female' } }

export function makeChain(length: number, workflowId = 'wf_1'): readonly SealedDecision[] {
  const chain: SealedDecision[] = []
  for (let number = 1; number <= length; number += 1) {
    const previous = chain.at(-1)?.sha256 ?? NO_PREVIOUS
    chain.push(sealDecision(unsealed(workflowId, number, previous), content(number), ATTRIBUTES).sealed)
  }
  return chain
}

const content = (number: number): DecisionContent => ({
  salt: number.toString(16).padStart(32, '0'),
  subject: `person${number}@example.com`,
  reasons: ['5 years of experience', 'É, "quoted"'],
  inputs: { years: 5.5, skills: ['sql'] },
  oversight_reason: number === 2 ? 'Agreed after a call' : null,
})

function unsealed(
  workflowId: string,
  number: number,
  previous_sha256: string,
): Omit<DecisionRecord, 'content_sha256' | 'attributes_sha256'> {
  const reviewer = number === 2 ? { id: 'user_1', name: 'Léa' } : null
  return {
    id: `dec_${workflowId}_${number}`,
    number,
    workflow_id: workflowId,
    workflow_name: 'Screen',
    run_id: `run_${number}`,
    version: 3,
    source_sha256: 'a'.repeat(64),
    lock_sha256: null,
    at: new Date(AT + number * 1000).toISOString(),
    outcome: 'invite',
    proposed: 'invite',
    model: null,
    score: 0.5,
    decided_by: reviewer ?? 'automatic',
    oversight:
      reviewer === null
        ? null
        : { task_id: 'task_1', choice: 'invite', at: new Date(AT).toISOString(), seconds_open: 40 },
    kept_until: new Date(AT + 1460 * 86_400_000).toISOString(),
    previous_sha256,
  }
}

export const erased = (decision: SealedDecision): SealedDecision => ({
  ...decision,
  content: null,
  erasedAt: new Date(AT + 86_400_000).toISOString(),
})
