/** Appends a decision to the chain of its workflow. */

import {
  type DecisionContent,
  keptUntil,
  NO_PREVIOUS,
  type SaltedAttributes,
  sealDecision,
} from '../../domain/decisions/record.ts'
import type { StepKey } from '../../domain/runs/steps.ts'
import type { Db } from '../database/tables/tables.ts'
import type { Keyring } from '../secrets/encryption.ts'
import type { DecidingRun, NewDecision, Overseen } from './records.ts'
import { sealAttributes, sealContent } from './rows.ts'

export type Append = {
  readonly part: DecidingRun
  readonly call: Pick<StepKey, 'name' | 'number'>
  readonly decision: NewDecision
  readonly subjectHash: string
  readonly at: number
  /** Null: no person was asked. */
  readonly overseen: Overseen | null
}

/** The row of the chain is locked last in its transaction, which prevents deadlocks. */
export async function appendDecision(db: Db, keyring: Keyring, append: Append): Promise<void> {
  const { part, call, decision, subjectHash, at, overseen } = append
  const { workflowId, firstId } = part
  const { number, previous } = await nextInChain(db, workflowId)
  const content = contentOf(decision, overseen)
  const attributes = attributesOf(decision)
  const { record, sha256 } = sealDecision(recordOf(append, number, previous), content, attributes)
  const bound = {
    id: record.id,
    workflow_id: workflowId,
    first_id: firstId,
    call: JSON.stringify([call.name, call.number]),
    subject_hash: subjectHash,
    erased_at: null,
  }
  await db
    .insertInto('decisions')
    .values({
      ...bound,
      number,
      run_id: record.run_id,
      at,
      outcome: record.outcome,
      oversight: overseen === null ? null : overseen.outcome === record.proposed ? 'agreed' : 'overruled',
      record: JSON.stringify(record),
      sha256,
      data: sealContent(keyring, bound, content),
      kept_until: Date.parse(record.kept_until),
    })
    .execute()
  if (attributes !== null)
    await db
      .insertInto('decision_attributes')
      .values({
        decision_id: record.id,
        workflow_id: workflowId,
        data: sealAttributes(keyring, record, attributes),
      })
      .execute()
  await db.updateTable('decision_chains').set({ last_sha256: sha256 }).where('workflow_id', '=', workflowId).execute()
}

const recordOf = ({ part, decision, at, overseen }: Append, number: number, previous_sha256: string) =>
  ({
    id: decision.id,
    number,
    workflow_id: part.workflowId,
    workflow_name: decision.workflowName,
    run_id: part.runId,
    version: decision.version,
    source_sha256: decision.sourceSha256,
    lock_sha256: decision.lockSha256,
    at: new Date(at).toISOString(),
    outcome: overseen?.outcome ?? decision.given.outcome,
    proposed: decision.given.outcome,
    model: decision.given.model,
    score: decision.given.score,
    decided_by: overseen?.by ?? 'automatic',
    oversight: overseen?.oversight ?? null,
    kept_until: keptUntil(at, decision.keepDays),
    previous_sha256,
  }) as const

const contentOf = (
  { salt, given: { subject, reasons, inputs } }: NewDecision,
  overseen: Overseen | null,
): DecisionContent => ({
  salt,
  subject,
  reasons,
  inputs,
  oversight_reason: overseen?.reason ?? null,
})

const attributesOf = ({ attributesSalt: salt, given: { attributes } }: NewDecision): SaltedAttributes | null =>
  attributes === null ? null : { salt, attributes }

async function nextInChain(
  db: Db,
  workflowId: string,
): Promise<{ readonly number: number; readonly previous: string }> {
  const take = () =>
    db
      .updateTable('decision_chains')
      .set(({ eb }) => ({ last_number: eb('last_number', '+', 1) }))
      .where('workflow_id', '=', workflowId)
      .returning(['last_number', 'last_sha256'])
      .executeTakeFirst()
  const found = await take()
  if (found !== undefined) return { number: found.last_number, previous: found.last_sha256 }
  const begin = { last_number: 0, last_sha256: NO_PREVIOUS, first_number: 1, first_previous: NO_PREVIOUS }
  await db
    .insertInto('decision_chains')
    .values({ workflow_id: workflowId, ...begin, anchored_number: 0, anchored_at: 0 })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const begun = await take()
  if (begun === undefined) throw new Error(`the chain of ${workflowId} was not made`)
  return { number: begun.last_number, previous: begun.last_sha256 }
}
