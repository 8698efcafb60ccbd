/** Opens the database, SQLite or PostgreSQL, behind one small type: reads, and writes that are flushed when they resolve. */

import { Kysely, sql } from 'kysely'
import { openSqlite, openSqliteForAuth } from './sqlite.ts'
import type { Db } from './tables.ts'

export type Engine = 'sqlite' | 'postgres'

export type Database = {
  readonly engine: Engine
  /** Sees what is committed and flushed. */
  read<T>(query: (db: Db) => Promise<T>): Promise<T>
  /**
   * Runs one unit of writing, all or nothing; resolves when it is committed and flushed.
   * A unit only awaits the database: it may be run again after a conflict, and on SQLite it shares its
   * transaction with the other units that come at the same time.
   */
  write<T>(unit: (db: Db) => Promise<T>): Promise<T>
  /** `write` for what may take long, such as migrations: without a limit of time. */
  maintain<T>(unit: (db: Db) => Promise<T>): Promise<T>
  readonly signals: SignalLine
  /** Waits for the writes under way. */
  close(): Promise<void>
}

/** Texts without line breaks, from each server on the database to all others; some may be lost. */
export type SignalLine = {
  send(text: string): void
  /** `null`: some may have been lost just now. Returns how to stop. */
  listen(listener: (text: string | null) => void): () => void
  close(): Promise<void>
}

export type DatabaseOptions = {
  /** Null: SQLite in the data directory. */
  readonly databaseUrl: string | null
  readonly dataDir: string
}

/** Opens the database that holds everything. Throws a StartError when it cannot be used safely. */
export async function openDatabase({ databaseUrl, dataDir }: DatabaseOptions): Promise<Database> {
  // The client of PostgreSQL takes 10 MB of memory: loaded where it is used.
  if (databaseUrl !== null) return (await import('./postgres.ts')).openPostgres(databaseUrl)
  return await openSqlite(dataDir)
}

export type AuthDatabase = {
  readonly db: Kysely<Record<string, never>>
  readonly type: Engine
  /** Whether that library has stored anybody: told without it. */
  hasPeople(): Promise<boolean>
  close(): Promise<void>
}

/**
 * A connection of its own to the same database, for the library that keeps people's accounts in tables of its own.
 * Open it after the store. On SQLite, a transaction on it must await nothing but the database: it would block the store.
 */
export async function openAuthDatabase({ databaseUrl, dataDir }: DatabaseOptions): Promise<AuthDatabase> {
  const dialect =
    databaseUrl === null ? openSqliteForAuth(dataDir) : (await import('./postgres.ts')).openPostgresForAuth(databaseUrl)
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
