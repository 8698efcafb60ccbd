import type { Db } from '../database/tables/tables.ts'
import { contentBinding, decisionBinding, proposalBinding } from '../decisions/rows.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { keyIdIn, rewrite } from './rewrite.ts'

const BATCH = 200

/** Returns the number of rewritten rows of a batch. */
export async function rewriteDecisions(db: Db, keyring: Keyring): Promise<number> {
  const rows = await db
    .selectFrom('decisions')
    .select(['id', 'workflow_id', 'first_id', 'call', 'subject_hash', 'erased_at', 'data'])
    .where(keyIdIn('data'), '<>', Buffer.from(keyring.id, 'hex'))
    .limit(BATCH)
    .execute()
  for (const { data, ...row } of rows) {
    if (data === null) continue
    const again = rewrite(keyring, data, contentBinding(row))
    await db.updateTable('decisions').set({ data: again }).where('id', '=', row.id).execute()
  }
  const attributes = await db
    .selectFrom('decision_attributes')
    .select(['decision_id', 'workflow_id', 'data'])
    .where(keyIdIn('data'), '<>', Buffer.from(keyring.id, 'hex'))
    .limit(BATCH)
    .execute()
  for (const { decision_id: id, workflow_id, data } of attributes) {
    const again = rewrite(keyring, data, decisionBinding('attributes', workflow_id, id))
    await db.updateTable('decision_attributes').set({ data: again }).where('decision_id', '=', id).execute()
  }
  return (
    rows.length + attributes.length + (await rewriteExplanations(db, keyring)) + (await rewriteProposals(db, keyring))
  )
}

async function rewriteProposals(db: Db, keyring: Keyring): Promise<number> {
  const rows = await db
    .selectFrom('decision_proposals')
    .select(['task_id', 'workflow_id', 'data'])
    .where(keyIdIn('data'), '<>', Buffer.from(keyring.id, 'hex'))
    .limit(BATCH)
    .execute()
  for (const { data, ...row } of rows) {
    if (data === null) continue
    const again = rewrite(keyring, data, proposalBinding(row))
    await db.updateTable('decision_proposals').set({ data: again }).where('task_id', '=', row.task_id).execute()
  }
  return rows.length
}

async function rewriteExplanations(db: Db, keyring: Keyring): Promise<number> {
  const rows = await db
    .selectFrom('decision_explanations')
    .select(['id', 'workflow_id', 'details'])
    .where(keyIdIn('details'), '<>', Buffer.from(keyring.id, 'hex'))
    .limit(BATCH)
    .execute()
  for (const { id, workflow_id, details } of rows) {
    if (details === null) continue
    const again = rewrite(keyring, details, decisionBinding('explanation', workflow_id, id))
    await db.updateTable('decision_explanations').set({ details: again }).where('id', '=', id).execute()
  }
  return rows.length
}
