import type { OutcomeChange } from '../../domain/decisions/explain/change.ts'
import type { Explanation } from '../../domain/decisions/explain/explanation.ts'
import type { Actor } from '../../domain/shared/actor.ts'
import type { Database } from '../database/database.ts'
import type { DecisionTables } from '../database/tables/decisions.ts'
import { type Db, toBuffer } from '../database/tables/tables.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { selectLiveServers } from '../servers/servers.ts'
import { decisionBinding } from './rows.ts'

type Details = { readonly changes: readonly OutcomeChange[]; readonly problem: string | null }

export type ExplanationStore = {
  createExplanation(explanation: Explanation, by: Actor): Promise<void>
  getExplanation(id: string): Promise<Explanation | null>
  /** Newest first. */
  listExplanations(decisionId: string): Promise<readonly Explanation[]>
  countTried(id: string, tried: number): Promise<void>
  /** Has no effect after its end or deletion. */
  endExplanation(ended: Explanation): Promise<void>
  /** Cancels explanations of dead servers. */
  endLostExplanations(now: number): Promise<void>
}

const MAX_LISTED = 20

export function createExplanations(database: Database, keyring: Keyring, serverId: string): ExplanationStore {
  return {
    createExplanation: ({ id, decisionId, workflowId, runId, status, tried, createdAt, finishedAt }, by) =>
      database.write(async (db) => {
        await db
          .insertInto('decision_explanations')
          .values({
            id,
            decision_id: decisionId,
            workflow_id: workflowId,
            run_id: runId,
            status,
            tried,
            details: null,
            created_at: createdAt,
            created_by_json: JSON.stringify(by),
            finished_at: finishedAt,
            server_id: serverId,
          })
          .execute()
      }),
    getExplanation: (id) =>
      database.read(async (db) => {
        const row = await db.selectFrom('decision_explanations').selectAll().where('id', '=', id).executeTakeFirst()
        return row === undefined ? null : toExplanation(keyring, row)
      }),
    listExplanations: (decisionId) =>
      database.read(async (db) => {
        const rows = await db
          .selectFrom('decision_explanations')
          .selectAll()
          .where('decision_id', '=', decisionId)
          .orderBy('created_at', 'desc')
          .orderBy('id', 'desc')
          .limit(MAX_LISTED)
          .execute()
        return rows.map((row) => toExplanation(keyring, row))
      }),
    countTried: (id, tried) =>
      database.write(async (db) => {
        const query = db.updateTable('decision_explanations').set({ tried }).where('id', '=', id)
        await query.where('status', '=', 'running').execute()
      }),
    endExplanation: (ended) => database.write((db) => endExplanation(db, keyring, ended)),
    endLostExplanations: (now) =>
      database.write(async (db) => {
        const alive = await selectLiveServers(db)
        await db
          .updateTable('decision_explanations')
          .set({ status: 'cancelled', finished_at: now })
          .where('status', '=', 'running')
          .where('server_id', 'not in', [serverId, ...alive])
          .execute()
      }),
  }
}

async function endExplanation(db: Db, keyring: Keyring, ended: Explanation): Promise<void> {
  const { id, workflowId, status, tried, changes, problem, finishedAt } = ended
  const details: Details = { changes, problem }
  await db
    .updateTable('decision_explanations')
    .set({
      status,
      tried,
      finished_at: finishedAt,
      details: keyring.encrypt(JSON.stringify(details), decisionBinding('explanation', workflowId, id)),
    })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .execute()
}

function toExplanation(keyring: Keyring, row: DecisionTables['decision_explanations']): Explanation {
  const binding = decisionBinding('explanation', row.workflow_id, row.id)
  const details: Details =
    row.details === null ? { changes: [], problem: null } : JSON.parse(keyring.decrypt(toBuffer(row.details), binding))
  return {
    ...details,
    id: row.id,
    decisionId: row.decision_id,
    workflowId: row.workflow_id,
    runId: row.run_id,
    status: row.status,
    tried: row.tried,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  }
}

/** Explanations contain values of the request. */
export async function forgetExplanations(db: Db, runIds: readonly string[]): Promise<void> {
  if (runIds.length > 0) await db.deleteFrom('decision_explanations').where('run_id', 'in', runIds).execute()
}
