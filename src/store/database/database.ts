import type { CompiledQuery, Kysely } from 'kysely'
import type { Marks } from './groups/mark.ts'
import type { Row, RowWrite, Written } from './groups/rows.ts'
import type { Db } from './tables/tables.ts'

export type Engine = 'sqlite' | 'postgres'

export type Database = {
  readonly engine: Engine
  /** Only committed and flushed data. */
  read<T>(query: (db: Db) => Promise<T>): Promise<T>
  /**
   * Atomic. Resolves after the flush. A unit must await only the database: it may be retried after a conflict, and on
   * SQLite it shares its transaction with others. Units with a common lock exclude each other on all servers.
   */
  write<T>(unit: (db: Db) => Promise<T>, locks?: readonly string[]): Promise<T>
  /** Executes them in order, each as a transaction. Null if a transaction costs no more. */
  readonly writeStatement: (<T>(statement: CompiledQuery<T>) => Promise<readonly T[]>) | null
  /** Rows of many callers share a transaction. */
  openRows<Given extends Row>(write: RowWrite<Given>): (row: Given) => Promise<Written | null>
  /** Uses a reserved connection, for urgent writes such as a lease. */
  writeApart<T>(unit: (db: Db) => Promise<T>): Promise<T>
  /** Has no timeout, for long work such as migrations. */
  maintain<T>(unit: (db: Db) => Promise<T>): Promise<T>
  /** Runs statements that cannot be in a transaction. */
  readonly withoutTransaction: (<T>(work: (db: Db) => Promise<T>) => Promise<T>) | null
  /** Null within a transaction: its reads must not be cached. */
  readonly marks: Marks | null
  readonly signals: SignalLine
  connections(): Connections | null
  close(): Promise<void>
}

export type Connections = {
  readonly busy: number
  readonly idle: number
  readonly waiting: number
  readonly limit: number
}

export type SignalLine = {
  send(text: string, waitMs: number): void
  /** The listener gets null if texts may be lost. */
  listen(listener: (text: string | null) => void): () => void
  close(): Promise<void>
}

export type DatabaseOptions = {
  /** Null: SQLite in the data directory. */
  readonly databaseUrl: string | null
  /** Set if `databaseUrl` is a pooler. */
  readonly directUrl?: string | null
  readonly dataDir: string
  readonly connections?: number
}

export type AuthDatabase = {
  readonly db: Kysely<Record<string, never>>
  readonly type: Engine
  /** Returns a UserError if the database cannot be used, otherwise the error. */
  readonly toUserError: (error: unknown) => unknown
  hasPeople(): Promise<boolean>
  close(): Promise<void>
}
