/** The chain stays whole. */

import type { SealedDecision } from '../../domain/decisions/record.ts'
import { identityOf } from '../../domain/privacy/identity.ts'
import { holdsValue } from '../../domain/privacy/value.ts'
import { insertAudit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import type { Db } from '../database/tables/tables.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { hasId, inChain } from './position.ts'
import type { PersonDecision } from './records.ts'
import { type DecisionRow, openDecision, sealErasure } from './rows.ts'

const DAY_MS = 86_400_000
const SERVER = { type: 'run', id: '', name: 'Workflows' } as const
const PAGE = 200

export async function expireDecisions(
  db: Db,
  keyring: Keyring,
  workflowId: string,
  { keepDays, now, limit }: { readonly keepDays: number | null; readonly now: number; readonly limit: number },
): Promise<number> {
  await db
    .deleteFrom('decision_proposals')
    .where('workflow_id', '=', workflowId)
    .where('kept_until', '<=', now)
    .where('status', '<>', 'pending')
    .execute()
  const over = await db
    .selectFrom('decisions')
    .select(['position', 'id', 'number', 'sha256', 'erased_at'])
    .where(inChain(workflowId))
    .where('kept_until', '<=', now)
    .$if(keepDays !== null, (query) => query.where('at', '<=', now - (keepDays ?? 0) * DAY_MS))
    .orderBy('position')
    .limit(limit)
    .execute()
  const chain = await db
    .selectFrom('decision_chains')
    .select('first_number')
    .where('workflow_id', '=', workflowId)
    .executeTakeFirst()
  if (over.length === 0 || chain === undefined) return 0
  const first = over.filter(({ number }, index) => number === chain.first_number + index)
  const later = over.slice(first.length).filter(({ erased_at }) => erased_at === null)
  await emptyDecisions(
    db,
    keyring,
    later.map(({ id }) => id),
    now,
  )
  await deleteFirst(db, workflowId, first, now)
  return first.length + later.length
}

/** A decision that expires before an earlier one is emptied, and deleted after it. */
async function deleteFirst(
  db: Db,
  workflowId: string,
  first: readonly Pick<DecisionRow, 'position' | 'id' | 'number' | 'sha256'>[],
  now: number,
): Promise<void> {
  const last = first.at(-1)
  if (last === undefined) return
  const ids = first.map(({ id }) => id)
  await db
    .updateTable('decision_chains')
    .set({ first_number: last.number + 1, first_previous: last.sha256 })
    .where('workflow_id', '=', workflowId)
    .execute()
  await db.deleteFrom('decision_attributes').where('decision_id', 'in', ids).execute()
  await db.deleteFrom('decision_explanations').where('decision_id', 'in', ids).execute()
  const positions = first.map(({ position }) => position)
  await db.deleteFrom('decisions').where('position', 'in', positions).execute()
  const detail = `numbers ${first[0]?.number} to ${last.number}; ${last.sha256}`
  await insertAudit(db, { at: now, by: SERVER, action: 'decisions.expire', workflowId, detail })
}

export async function emptyDecisions(db: Db, keyring: Keyring, ids: readonly string[], now: number): Promise<void> {
  if (ids.length === 0) return
  await db.deleteFrom('decision_attributes').where('decision_id', 'in', ids).execute()
  await db.deleteFrom('decision_explanations').where('decision_id', 'in', ids).execute()
  for (const id of ids) {
    const row = await db
      .selectFrom('decisions')
      .select(['position', 'id', 'workflow_id', 'first_id', 'call'])
      .where(hasId(id))
      .where('erased_at', 'is', null)
      .executeTakeFirst()
    if (row === undefined) continue
    const erased = { subject_hash: null, erased_at: now }
    await db
      .updateTable('decisions')
      .set({ ...erased, data: sealErasure(keyring, { ...row, ...erased }) })
      .where('position', '=', row.position)
      .where('erased_at', 'is', null)
      .execute()
  }
}

export async function findPersonDecisions(
  database: Pick<Database, 'read'>,
  keyring: Keyring,
  privacyKey: Uint8Array,
  value: string,
): Promise<readonly PersonDecision[]> {
  const hash = identityOf(privacyKey, value)
  const found: PersonDecision[] = []
  for (let after = 0; ; ) {
    const from = after
    const rows = await database.read((db) =>
      db
        .selectFrom('decisions')
        .selectAll()
        .where('position', '>', from)
        .where('erased_at', 'is', null)
        .orderBy('position')
        .limit(PAGE)
        .execute(),
    )
    for (const row of rows) {
      const decision = openDecision(keyring, row)
      if (row.subject_hash === hash || holdsPerson(decision, value))
        found.push({ id: row.id, workflowId: row.workflow_id, decision })
    }
    after = rows.at(-1)?.position ?? 0
    if (rows.length < PAGE) return found
  }
}

const holdsPerson = ({ content }: SealedDecision, value: string): boolean =>
  content !== null && holdsValue(JSON.stringify(content), value)

/** Decisions of runs about one person only belong to the erased request. */
export async function decisionsOfRuns(db: Db, runIds: readonly string[]): Promise<readonly string[]> {
  if (runIds.length === 0) return []
  const rows = await db
    .selectFrom('decisions')
    .select(['id', 'first_id', 'subject_hash'])
    .where('run_id', 'in', runIds)
    .where('erased_at', 'is', null)
    .execute()
  const runs = [...Map.groupBy(rows, ({ first_id }) => first_id).values()]
  const ofOne = runs.filter((own) => new Set(own.map(({ subject_hash }) => subject_hash)).size === 1)
  return ofOne.flat().map(({ id }) => id)
}
