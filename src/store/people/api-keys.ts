import { readScopes, type Scope } from '../../domain/shared/access.ts'
import { type Actor, parseActor } from '../../domain/shared/actor.ts'
import type { Database } from '../database/database.ts'
import { checkMaker } from '../database/tables/accounts.ts'
import type { ApiKeyRow } from '../database/tables/tables.ts'

export type ApiKeyStore = {
  createApiKey(key: {
    id: string
    name: string
    prefix: string
    hash: string
    scopes: readonly Scope[]
    createdAt: number
    expiresAt: number | null
    createdBy: Actor
  }): Promise<void>
  /** Null: revoked or expired. */
  findApiKey(hash: string): Promise<ApiKey | null>
  listApiKeys(): Promise<readonly ApiKey[]>
  revokeApiKey(id: string, now: number): Promise<boolean>
}

const LAST_USED_STEP_MS = 60_000

export function createKeys(database: Database, clock: () => number): ApiKeyStore {
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
    // No call waits for this write or fails because of it.
    database
      .write((db) => db.updateTable('api_keys').set({ last_used_at: now }).where('id', '=', row.id).execute())
      .catch(() => {})
  }
  return toApiKey(row)
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

export type ApiKey = {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly scopes: readonly Scope[]
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
  readonly revokedAt: number | null
  readonly createdBy: Actor
}
