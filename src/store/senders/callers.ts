import type { RefusalReason } from '../../domain/senders/sender-check.ts'
import type { HeaderPairs } from '../../domain/shared/headers.ts'
import { LIMITS } from '../../domain/workflows/workflow.ts'
import type { Database } from '../database/database.ts'
import { type Page, type PageQuery, readNewest } from '../database/paging.ts'
import type { Db, RefusedCallRow } from '../database/tables/tables.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { readSecrets } from '../workflows/sender-secrets.ts'
import { lockWorkflow } from '../workflows/workflows.ts'

export type RefusedCall = {
  readonly id: string
  readonly workflowId: string
  readonly at: number
  readonly reason: RefusalReason
  readonly detail: string
  readonly address: string
  readonly headers: HeaderPairs
  readonly bodyBytes: number
}

export type CallerStore = {
  /** Newest first. */
  getSecrets(workflowId: string): Promise<readonly string[]>
  addRefusedCall(call: RefusedCall): Promise<void>
  listRefusedCalls(workflowId: string, page: PageQuery): Promise<Page<RefusedCall>>
}

export function createCallers(database: Database, keyring: Keyring): CallerStore {
  return {
    getSecrets: (workflowId) => database.read((db) => readSecrets(db, keyring, workflowId)),
    addRefusedCall: (call) => database.write((db) => addRefusedCall(db, call)),
    listRefusedCalls: (workflowId, page) => database.read((db) => listRefusedCalls(db, workflowId, page)),
  }
}

/** Strangers can cause rejected calls. */
async function addRefusedCall(db: Db, call: RefusedCall): Promise<void> {
  const { id, workflowId, at, reason, detail, address, headers, bodyBytes } = call
  // Concurrent calls would each leave one row too many.
  await lockWorkflow(db, workflowId)
  const row = { id, workflow_id: workflowId, at, reason, detail, address, body_bytes: bodyBytes }
  await db
    .insertInto('refused_calls')
    .values({ ...row, headers_json: JSON.stringify(headers) })
    .execute()
  await db
    .deleteFrom('refused_calls')
    .where('workflow_id', '=', workflowId)
    .where('id', '<=', (query) =>
      query
        .selectFrom('refused_calls')
        .select('id')
        .where('workflow_id', '=', workflowId)
        .orderBy('id', 'desc')
        .limit(1)
        .offset(LIMITS.refusedCalls),
    )
    .execute()
}

async function listRefusedCalls(
  db: Db,
  workflowId: string,
  page: PageQuery,
): ReturnType<CallerStore['listRefusedCalls']> {
  const calls = db.selectFrom('refused_calls').selectAll().where('workflow_id', '=', workflowId)
  return await readNewest(calls, page, { id: 'string' }, (row) => [row.id], toRefusedCall)
}

function toRefusedCall(row: RefusedCallRow): RefusedCall {
  return {
    id: row.id,
    workflowId: row.workflow_id,
    at: row.at,
    reason: row.reason,
    detail: row.detail,
    address: row.address,
    headers: JSON.parse(row.headers_json),
    bodyBytes: row.body_bytes,
  }
}
