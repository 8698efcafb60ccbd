import type { Kysely } from 'kysely'
import type { Groups } from './groups/groups.ts'
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
  /** `write` for what must not wait for the others, such as a lease: while they hold all connections, it still has one. */
  writeApart<T>(unit: (db: Db) => Promise<T>): Promise<T>
  /** `write` for what may take long, such as migrations: without a limit of time. */
  maintain<T>(unit: (db: Db) => Promise<T>): Promise<T>
  /** For statements that no transaction may hold, on a connection of their own and without a limit of time. Null: there are none. */
  readonly withoutTransaction: (<T>(work: (db: Db) => Promise<T>) => Promise<T>) | null
  /**
   * Grows with each commit that changes a workflow or the settings of one. Null: other servers may change them, too.
   */
  version(): number | null
  /** Null: units share a transaction already. */
  readonly groups: Groups | null
  readonly signals: SignalLine
  /** Null: units do not wait for a connection. */
  connections(): Connections | null
  /** Waits for the writes under way. */
  close(): Promise<void>
}

/** How many there are, and how many units wait for one. */
export type Connections = {
  readonly busy: number
  readonly idle: number
  readonly waiting: number
  readonly limit: number
}

/** Texts without line breaks, from each server on the database to all others; some may be lost. */
export type SignalLine = {
  /** Travels with what is sent within `waitMs`. */
  send(text: string, waitMs: number): void
  /** `null`: some may have been lost just now. Returns how to stop. */
  listen(listener: (text: string | null) => void): () => void
  close(): Promise<void>
}

export type DatabaseOptions = {
  /** Null: SQLite in the data directory. */
  readonly databaseUrl: string | null
  /** PostgreSQL itself, where `databaseUrl` leads to a pooler of connections. */
  readonly directUrl?: string | null
  readonly dataDir: string
  /** Of PostgreSQL's connections, those for runs and lists. */
  readonly connections?: number
}

export type AuthDatabase = {
  readonly db: Kysely<Record<string, never>>
  readonly type: Engine
  /** Whether that library has stored an account; found out without loading it. */
  hasPeople(): Promise<boolean>
  close(): Promise<void>
}
