import type { SealedDecision } from '../../domain/decisions/record.ts'
import type { Anchor, CheckedDecision } from '../../domain/decisions/verify.ts'
import { identityOf } from '../../domain/privacy/identity.ts'
import { type Page, type PageQuery, readNewest } from '../database/paging.ts'
import { type Db, toText } from '../database/tables/tables.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { hasId, inChain, unchained } from './position.ts'
import type { AttributedOutcome, Chain, DecisionFilter } from './records.ts'
import { checkRow, openAttributes, openDecision } from './rows.ts'

/** Its detail is the head's number and hash. */
export const ANCHOR_ACTION = 'decisions.anchor'

type Filter = DecisionFilter & { readonly subjectHash: string | null }

export const withHash = (filter: DecisionFilter, privacyKey: Uint8Array | null): Filter => ({
  ...filter,
  subjectHash: privacyKey === null || filter.subject === undefined ? null : identityOf(privacyKey, filter.subject),
})

function selectFiltered(db: Db, { workflowId, outcome, since, until, oversight, subjectHash }: Filter) {
  return db
    .selectFrom('decisions')
    .$if(workflowId !== undefined, (query) => query.where(inChain(workflowId ?? '')))
    .$if(outcome !== undefined, (query) => query.where('outcome', '=', outcome ?? ''))
    .$if(since !== undefined, (query) => query.where('at', '>=', since ?? 0))
    .$if(until !== undefined, (query) => query.where('at', '<', until ?? 0))
    .$if(oversight === 'none', (query) => query.where('oversight', 'is', null))
    .$if(oversight !== undefined && oversight !== 'none', (query) =>
      query.where('oversight', '=', oversight === 'agreed' ? 'agreed' : 'overruled'),
    )
    .$if(subjectHash !== null, (query) => query.where('subject_hash', '=', subjectHash))
}

export async function listDecisions(
  db: Db,
  keyring: Keyring,
  filter: Filter,
  page: PageQuery,
): Promise<Page<SealedDecision>> {
  return await readNewest(
    selectFiltered(db, filter).selectAll('decisions'),
    page,
    { at: 'number', id: 'string' },
    (row) => [row.at, row.id],
    (row) => openDecision(keyring, row),
  )
}

export async function getDecision(db: Db, keyring: Keyring, id: string): Promise<SealedDecision | null> {
  const row = await db.selectFrom('decisions').selectAll().where(hasId(id)).executeTakeFirst()
  return row === undefined ? null : openDecision(keyring, row)
}

export async function getDecisionCall(db: Db, id: string) {
  const row = await db.selectFrom('decisions').select('call').where(hasId(id)).executeTakeFirst()
  if (row === undefined) return null
  const [name, number]: unknown[] = JSON.parse(row.call)
  return { name: String(name), number: Number(number) }
}

export async function listChains(db: Db, workflowId: string | null): Promise<readonly Chain[]> {
  const rows = await db
    .selectFrom('decision_chains')
    .selectAll()
    .$if(workflowId !== null, (query) => query.where('workflow_id', '=', workflowId ?? ''))
    .orderBy('workflow_id')
    .execute()
  return rows.map((row) => ({
    workflowId: row.workflow_id,
    start: { number: row.first_number, previous: row.first_previous },
    head: { number: row.last_number, sha256: row.last_sha256 },
    anchored: { number: row.anchored_number, at: row.anchored_at },
  }))
}

/** A person with access to the database deleted the chain. */
export async function findUnchained(db: Db, workflowId: string | null): Promise<string | null> {
  const { rows } = await unchained.execute(db)
  const ofDecisions = rows.find((row) => workflowId === null || row.workflow_id === workflowId)
  if (ofDecisions !== undefined) return ofDecisions.workflow_id
  const anchored = await db
    .selectFrom('audit_log')
    .select('workflow_id')
    .where('workflow_id', 'is not', null)
    .$if(workflowId !== null, (query) => query.where('workflow_id', '=', workflowId ?? ''))
    .where('action', '=', ANCHOR_ACTION)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('decision_chains')
            .select('decision_chains.workflow_id')
            .whereRef('decision_chains.workflow_id', '=', 'audit_log.workflow_id'),
        ),
      ),
    )
    .limit(1)
    .executeTakeFirst()
  return anchored?.workflow_id ?? null
}

export async function readChain(
  db: Db,
  keyring: Keyring,
  { workflowId, after, limit }: { readonly workflowId: string; readonly after: number; readonly limit: number },
): Promise<readonly CheckedDecision[]> {
  const rows = await db
    .selectFrom('decisions')
    .leftJoin('decision_attributes', 'decision_attributes.decision_id', 'decisions.id')
    .selectAll('decisions')
    .select(['decision_attributes.data as attributes', 'decision_attributes.workflow_id as attributes_workflow_id'])
    .where(inChain(workflowId, after))
    .orderBy('position')
    .limit(limit)
    .execute()
  return rows.map(({ attributes: data, attributes_workflow_id: workflow_id, ...row }) => {
    const isThere = data !== null && workflow_id !== null
    return checkRow(keyring, row, isThere ? { decision_id: row.id, workflow_id, data } : null)
  })
}

export async function listAttributed(
  db: Db,
  keyring: Keyring,
  filter: Filter,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly (AttributedOutcome & { readonly position: number })[]> {
  const rows = await selectFiltered(db, filter)
    .leftJoin('decision_attributes', 'decision_attributes.decision_id', 'decisions.id')
    .select(['position', 'decisions.id', 'decisions.workflow_id', 'outcome', 'decision_attributes.data as attributes'])
    .where('position', '>', after)
    .orderBy('position')
    .limit(limit)
    .execute()
  return rows.map(({ position, id, workflow_id, outcome, attributes: data }) => ({
    position,
    outcome,
    attributes: data === null ? null : openAttributes(keyring, { decision_id: id, workflow_id, data }).attributes,
  }))
}

const ANCHOR = /^(\d{1,15}) ([0-9a-f]{64})$/

export async function listAnchors(db: Db, workflowId: string): Promise<readonly Anchor[]> {
  const rows = await db
    .selectFrom('audit_log')
    .select('detail')
    .where('action', '=', ANCHOR_ACTION)
    .where('workflow_id', '=', workflowId)
    .execute()
  return rows.flatMap(({ detail }) => {
    const [, number, sha256] = ANCHOR.exec(toText(detail)) ?? []
    return number === undefined || sha256 === undefined ? [] : [{ number: Number(number), sha256 }]
  })
}
