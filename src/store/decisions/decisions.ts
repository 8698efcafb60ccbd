import type { AnchoredHead } from '../../domain/alerts/alert.ts'
import { identityOf } from '../../domain/privacy/identity.ts'
import { insertAudit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import type { Db } from '../database/tables/tables.ts'
import { getDecisionKey } from '../secrets/decision-key.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { getLastingKey } from '../secrets/lasting-keys.ts'
import { expireDecisions, findPersonDecisions } from './erase.ts'
import { listOverseen, listPending } from './proposals.ts'
import {
  ANCHOR_ACTION,
  findUnchained,
  getDecision,
  getDecisionCall,
  listAnchors,
  listAttributed,
  listChains,
  listDecisions,
  readChain,
  withHash,
} from './read.ts'
import type { DecisionFilter, DecisionStore } from './records.ts'

/** Call it in the transaction that writes the heads to the audit log. */
type SendAnchors = (db: Db, heads: readonly AnchoredHead[], at: number) => Promise<void>

export function createDecisions(database: Database, keyring: Keyring, sendAnchors: SendAnchors): DecisionStore {
  const filterOf = async (filter: DecisionFilter) =>
    withHash(filter, filter.subject === undefined ? null : await getLastingKey(database, keyring, 'privacy-key'))
  return {
    async list(given, page) {
      const filter = await filterOf(given)
      return await database.read((db) => listDecisions(db, keyring, filter, page))
    },
    get: (id) => database.read((db) => getDecision(db, keyring, id)),
    getCall: (id) => database.read((db) => getDecisionCall(db, id)),
    listChains: (workflowId) => database.read((db) => listChains(db, workflowId)),
    findUnchained: (workflowId) => database.read((db) => findUnchained(db, workflowId)),
    readChain: (workflowId, after, limit) =>
      database.read((db) => readChain(db, keyring, { workflowId, after, limit })),
    async listAttributed(given, after, limit) {
      const filter = await filterOf(given)
      return await database.read((db) => listAttributed(db, keyring, filter, { after, limit }))
    },
    getKey: () => getDecisionKey(database, keyring),
    listAnchors: (workflowId) => database.read((db) => listAnchors(db, workflowId)),
    anchorChains: (heads, at, by) =>
      database.write(async (db) => {
        for (const { workflowId, number, sha256 } of heads) {
          await insertAudit(db, { at, by, action: ANCHOR_ACTION, workflowId, detail: `${number} ${sha256}` })
          await db
            .updateTable('decision_chains')
            .set({ anchored_number: number, anchored_at: at })
            .where('workflow_id', '=', workflowId)
            .execute()
        }
        await sendAnchors(db, heads, at)
      }),
    async listPending(given, page) {
      const filter = await filterOf(given)
      return await database.read((db) => listPending(db, keyring, filter, page))
    },
    listOverseen: (filter) => database.read((db) => listOverseen(db, filter)),
    hashSubject: async (subject) => identityOf(await getLastingKey(database, keyring, 'privacy-key'), subject),
    expire: (workflowId, keepDays, now, limit) =>
      database.write((db) => expireDecisions(db, keyring, workflowId, { keepDays, now, limit })),
    findAbout: async (value) =>
      findPersonDecisions(database, keyring, await getLastingKey(database, keyring, 'privacy-key'), value),
  }
}
