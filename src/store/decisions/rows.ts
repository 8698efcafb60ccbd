/** Encrypted rows of decisions. */

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

export type DecisionRow = DecisionTables['decisions']

type Part = 'content' | 'attributes' | 'explanation'

export const decisionBinding = (part: Part, workflowId: string, id: string): Binding => ({
  purpose: 'decision',
  workflowId,
  key: `${part} ${id}`,
  revision: 0,
})

export const sealPart = (
  keyring: Keyring,
  part: Part,
  { id, workflow_id }: Pick<DecisionRecord, 'id' | 'workflow_id'>,
  value: DecisionContent | SaltedAttributes,
): Buffer => keyring.encrypt(JSON.stringify(value), decisionBinding(part, workflow_id, id))

export function openAttributes(keyring: Keyring, id: string, workflowId: string, data: Uint8Array): SaltedAttributes {
  const found: unknown = JSON.parse(keyring.decrypt(toBuffer(data), decisionBinding('attributes', workflowId, id)))
  if (!isObject(found) || typeof found.salt !== 'string' || !isObject(found.attributes))
    throw new TypeError('attributes of a decision are not readable')
  const attributes: Attributes = Object.fromEntries(
    Object.entries(found.attributes).map(([name, category]) => [name, String(category)]),
  )
  return { salt: found.salt, attributes }
}

/** Throws if the row was changed so that it cannot be read. */
export function openDecision(keyring: Keyring, row: DecisionRow): SealedDecision {
  const record: DecisionRecord = JSON.parse(row.record)
  const content: DecisionContent | null =
    row.data === null
      ? null
      : JSON.parse(keyring.decrypt(toBuffer(row.data), decisionBinding('content', row.workflow_id, row.id)))
  const erasedAt = row.erased_at === null ? null : new Date(row.erased_at).toISOString()
  return { record, sha256: row.sha256, content, erasedAt }
}

/** Never throws, because verification names the row that cannot be read. */
export function checkRow(keyring: Keyring, row: DecisionRow, attributes: Uint8Array | null): CheckedDecision {
  try {
    const decision = openDecision(keyring, row)
    const column = changedColumn(row, decision.record)
    const salted = attributes === null ? null : openAttributes(keyring, row.id, row.workflow_id, attributes)
    const found = { ...decision, attributes: row.erased_at === null ? salted : undefined }
    if (row.erased_at !== null && salted !== null) return { ...found, attributes: salted }
    return column === null ? found : { ...found, problem: `the column ${column} differs from the record` }
  } catch {
    const { id, number, workflow_id } = row
    const record = { id, number, workflow_id, previous_sha256: NO_PREVIOUS } as DecisionRecord
    const problem = 'the record, its content or its attributes cannot be read'
    return { record, sha256: row.sha256, content: null, erasedAt: null, problem }
  }
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
    at: Date.parse(record.at),
    kept_until: Date.parse(record.kept_until),
  } satisfies Partial<DecisionRow>
  return Object.entries(expected).find(([name, value]) => Reflect.get(row, name) !== value)?.[0] ?? null
}
