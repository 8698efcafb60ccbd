import { Kysely, sql } from 'kysely'
import type { AuthDatabase, Database, DatabaseOptions } from '../database.ts'
import { toUserError as postgresUserError } from './postgres-errors.ts'
import { openSqlite, openSqliteForAuth, toUserError as sqliteUserError } from './sqlite.ts'

/** Throws a StartError if the database is unsafe to use. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { databaseUrl, directUrl, dataDir, connections: poolSize } = options
  // Loaded on demand: the PostgreSQL client takes 10 MB of memory.
  if (databaseUrl !== null) return (await import('./postgres.ts')).openPostgres(databaseUrl, { poolSize, directUrl })
  return await openSqlite(dataDir)
}

/**
 * Used for better-auth's tables, after the store. On SQLite its transactions block the store, so they must await only
 * the database.
 */
export async function openAuthDatabase({
  databaseUrl,
  directUrl = null,
  dataDir,
}: DatabaseOptions): Promise<AuthDatabase> {
  const dialect =
    databaseUrl === null
      ? openSqliteForAuth(dataDir)
      : (await import('./postgres.ts')).openPostgresForAuth(databaseUrl, directUrl !== null)
  const db = new Kysely<Record<string, never>>({ dialect })
  return {
    db,
    type: databaseUrl === null ? 'sqlite' : 'postgres',
    toUserError: databaseUrl === null ? sqliteUserError : postgresUserError,
    async hasPeople() {
      const tables = await db.introspection.getTables()
      if (!tables.some(({ name }) => name === 'user')) return false
      return (await sql`select 1 from "user" limit 1`.execute(db)).rows.length > 0
    },
    close: () => db.destroy(),
  }
}
