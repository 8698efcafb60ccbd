/** API keys, of which only a hash is stored, and the record of who did what. */

import { readScopes } from '../domain/access.ts'
import { checkMaker } from './account-tables.ts'
import type { Database } from './database.ts'
import { readCursor, toPage } from './paging.ts'
import { parseActor } from './setting-values.ts'
import type { ApiKey, AuditEntry, PageQuery, Store } from './store.ts'
import { type ApiKeyRow, type AuditRow, type Db, toBytes, toText } from './tables.ts'

type Keys = Pick<Store, 'createApiKey' | 'findApiKey' | 'listApiKeys' | 'revokeApiKey' | 'audit' | 'listAudit'>

/** A key in use is not written at each call. */
const LAST_USED_STEP_MS = 60_000

/** The store's part that keeps API keys and the audit log. */
export function createKeys(database: Database, clock: () => number): Keys {
  return {
    createApiKey: ({ id, name, prefix, hash, scopes, createdAt, expiresAt, createdBy }) =>
      database.write(async (db) => {
        await db
          .insertInto('api_keys')
          .values({
            id,
            name,
            prefix,
            hash,
            scopes_json: JSON.stringify(scopes),
            created_at: createdAt,
            created_by_json: JSON.stringify(createdBy),
            expires_at: expiresAt,
          })
          .execute()
        await checkMaker(db, createdBy)
      }),
    findApiKey: (hash) => findApiKey(database, hash, clock()),
    listApiKeys: () =>
      database.read(async (db) => {
        const rows = await db
          .selectFrom('api_keys')
          .selectAll()
          .orderBy('created_at', 'desc')
          .orderBy('id', 'desc')
          .execute()
        return rows.map(toApiKey)
      }),
    revokeApiKey: (id, now) =>
      database.write(async (db) => {
        const { numUpdatedRows } = await db
          .updateTable('api_keys')
          .set({ revoked_at: now })
          .where('id', '=', id)
          .where('revoked_at', 'is', null)
          .executeTakeFirst()
        return numUpdatedRows === 1n
      }),
    audit: ({ at, by, action, workflowId, detail }) =>
      database.write(async (db) => {
        const row = { at, by_json: JSON.stringify(by), action, workflow_id: workflowId, detail: toBytes(detail) }
        await db.insertInto('audit_log').values(row).execute()
      }),
    listAudit: (page) => database.read((db) => listAudit(db, page)),
  }
}

async function findApiKey(database: Database, hash: string, now: number): Promise<ApiKey | null> {
  const row = await database.read((db) =>
    db
      .selectFrom('api_keys')
      .selectAll()
      .where('hash', '=', hash)
      .where('revoked_at', 'is', null)
      .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
      .executeTakeFirst(),
  )
  if (row === undefined) return null
  if (now - (row.last_used_at ?? 0) >= LAST_USED_STEP_MS) {
    // Nobody waits for it, and a caller is not turned away because it could not be noted.
    database
      .write((db) => db.updateTable('api_keys').set({ last_used_at: now }).where('id', '=', row.id).execute())
      .catch(() => {})
  }
  return toApiKey(row)
}

async function listAudit(db: Db, page: PageQuery): ReturnType<Store['listAudit']> {
  const after = readCursor(page, ['number'])
  let query = db.selectFrom('audit_log').selectAll()
  if (after !== null) query = query.where('id', '<', Number(after[0]))
  const rows = await query
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute()
  return toPage(rows, page, (row) => [row.id], toAuditEntry)
}

function toAuditEntry(row: Omit<AuditRow, 'id'>): AuditEntry {
  return {
    at: row.at,
    by: parseActor(row.by_json),
    action: row.action,
    workflowId: row.workflow_id,
    detail: toText(row.detail),
  }
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: readScopes(parseList(row.scopes_json)),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
    createdBy: parseActor(row.created_by_json),
  }
}

function parseList(json: string): readonly unknown[] {
  const parsed: unknown = JSON.parse(json)
  return Array.isArray(parsed) ? parsed : []
}
