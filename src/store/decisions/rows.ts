import type { Attributes } from '../../domain/decisions/decision.ts'
import {
  type DecisionContent,
  type DecisionRecord,
  NO_PREVIOUS,
  type SaltedAttributes,
  type SealedDecision,
} from '../../domain/decisions/record.ts'
import type { CheckedDecision } from '../../domain/decisions/verify.ts'
import { isObject } from '../../domain/json/is-object.ts'
import type { DecisionTables } from '../database/tables/decisions.ts'
import { toBuffer } from '../database/tables/tables.ts'
import type { Binding, Keyring } from '../secrets/encryption.ts'
import { positionOf, serialOf } from './position.ts'

export type DecisionRow = DecisionTables['decisions']

export type AttributesRow = DecisionTables['decision_attributes']

type Part = 'proposal' | 'attributes' | 'explanation'

export const decisionBinding = (part: Part, workflowId: string, id: string): Binding => ({
  purpose: 'decision',
  workflowId,
  key: `${part} ${id}`,
  revision: 0,
})

export const proposalBinding = (row: Pick<DecisionTables['decision_proposals'], 'workflow_id' | 'task_id'>): Binding =>
  decisionBinding('proposal', row.workflow_id, row.task_id)

type Bound = Pick<DecisionRow, 'id' | 'workflow_id' | 'first_id' | 'call' | 'subject_hash' | 'erased_at'>

/** Binds columns outside the record, so that verification finds each change. */
export const contentBinding = (row: Bound): Binding => ({
  purpose: 'decision',
  workflowId: row.workflow_id,
  key: JSON.stringify(['content', row.id, row.first_id, row.call, row.subject_hash, row.erased_at]),
  revision: 0,
})

/** Inputs keep the function's order, in which people read them. */
export const sealContent = (keyring: Keyring, row: Bound, content: DecisionContent): Buffer =>
  keyring.encrypt(JSON.stringify(content), contentBinding(row))

/** The ciphertext of an empty text needs the key, so verification finds an erasure that the server did not make. */
export const sealErasure = (keyring: Keyring, row: Bound): Buffer => keyring.encrypt('', contentBinding(row))

export const sealAttributes = (
  keyring: Keyring,
  { id, workflow_id }: Pick<DecisionRecord, 'id' | 'workflow_id'>,
  attributes: SaltedAttributes,
): Buffer => keyring.encrypt(JSON.stringify(attributes), decisionBinding('attributes', workflow_id, id))

export function openAttributes(keyring: Keyring, { decision_id, workflow_id, data }: AttributesRow): SaltedAttributes {
  const binding = decisionBinding('attributes', workflow_id, decision_id)
  const found: unknown = JSON.parse(keyring.decrypt(toBuffer(data), binding))
  if (!isObject(found) || typeof found.salt !== 'string' || !isObject(found.attributes))
    throw new TypeError('attributes of a decision are not readable')
  const attributes: Attributes = Object.fromEntries(
    Object.entries(found.attributes).map(([name, category]) => [name, String(category)]),
  )
  return { salt: found.salt, attributes }
}

/** Throws if a change made the row unreadable. */
export function openDecision(keyring: Keyring, row: DecisionRow): SealedDecision {
  const record: DecisionRecord = JSON.parse(row.record)
  const content: DecisionContent | null =
    row.data === null || row.erased_at !== null
      ? null
      : JSON.parse(keyring.decrypt(toBuffer(row.data), contentBinding(row)))
  const erasedAt = row.erased_at === null ? null : new Date(row.erased_at).toISOString()
  return { record, sha256: row.sha256, content, erasedAt }
}

/** Never throws: verification names unreadable rows. */
export function checkRow(keyring: Keyring, row: DecisionRow, attributes: AttributesRow | null): CheckedDecision {
  try {
    const decision = openDecision(keyring, row)
    const column = changedColumn(row, decision.record)
    if (row.erased_at !== null) assertErased(keyring, row)
    const salted = attributes === null ? null : openAttributes(keyring, attributes)
    const found = { ...decision, attributes: row.erased_at === null ? salted : undefined }
    if (row.erased_at !== null && salted !== null) return { ...found, attributes: salted }
    return column === null ? found : { ...found, problem: `the column ${column} differs from the record` }
  } catch {
    const { id, number, workflow_id } = row
    const record = { id, number, workflow_id, previous_sha256: NO_PREVIOUS } as DecisionRecord
    const problem = 'the row, its content or its attributes cannot be read'
    return { record, sha256: row.sha256, content: null, erasedAt: null, problem }
  }
}

function assertErased(keyring: Keyring, row: DecisionRow): void {
  if (row.data === null || keyring.decrypt(toBuffer(row.data), contentBinding(row)) !== '')
    throw new TypeError('the server did not make this erasure')
}

/** Lists and counts use the columns, so they must equal the record. */
function changedColumn(row: DecisionRow, record: DecisionRecord): string | null {
  const { id, workflow_id, number, run_id, outcome, proposed, oversight } = record
  const agreed = oversight === null ? null : outcome === proposed ? 'agreed' : 'overruled'
  const expected = {
    id,
    workflow_id,
    number,
    run_id,
    outcome,
    oversight: agreed,
    // The same value in another spelling has the same hash.
    record: JSON.stringify(record),
    position: positionOf(serialOf(row.position), number),
    at: Date.parse(record.at),
    kept_until: Date.parse(record.kept_until),
  } satisfies Partial<DecisionRow>
  return Object.entries(expected).find(([name, value]) => Reflect.get(row, name) !== value)?.[0] ?? null
}
