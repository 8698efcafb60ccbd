/** Opens the database, SQLite or PostgreSQL, behind one small type: reads, and writes that are flushed when they resolve. */

import { Kysely, sql } from 'kysely'
import type { AuthDatabase, Database, DatabaseOptions } from './database.ts'
import { openSqlite, openSqliteForAuth } from './engines/sqlite.ts'

/** Opens the database that holds everything. Throws a StartError when it cannot be used safely. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { databaseUrl, directUrl, dataDir, connections: poolSize } = options
  // The client of PostgreSQL takes 10 MB of memory: loaded where it is used.
  if (databaseUrl !== null)
    return (await import('./engines/postgres.ts')).openPostgres(databaseUrl, { poolSize, directUrl })
  return await openSqlite(dataDir)
}

/**
 * A separate connection to the same database, for the library that keeps people's accounts in its own tables.
 * Open it after the store. On SQLite, a transaction on it must await nothing but the database: it would block the store.
 */
export async function openAuthDatabase({
  databaseUrl,
  directUrl = null,
  dataDir,
}: DatabaseOptions): Promise<AuthDatabase> {
  const dialect =
    databaseUrl === null
      ? openSqliteForAuth(dataDir)
      : (await import('./engines/postgres.ts')).openPostgresForAuth(databaseUrl, directUrl !== null)
  const db = new Kysely<Record<string, never>>({ dialect })
  return {
    db,
    type: databaseUrl === null ? 'sqlite' : 'postgres',
    async hasPeople() {
      const tables = await db.introspection.getTables()
      if (!tables.some(({ name }) => name === 'user')) return false
      return (await sql`select 1 from "user" limit 1`.execute(db)).rows.length > 0
    },
    close: () => db.destroy(),
  }
}
