/** PostgreSQL: one pool; every write is one transaction, which is repeated after a conflict. */

import { Kysely, PostgresDialect, type PostgresPoolClient, sql } from 'kysely'
import pg from 'pg'
import { StartError, UserError } from '../../../errors.ts'
import type { Database } from '../database.ts'
import type { Db, Tables } from '../tables.ts'
import { databaseUnavailable } from '../unavailable.ts'
import { openSignalLine } from './postgres-signals.ts'

const POOL_SIZE = 16
/** Longer than any query of this program takes, shorter than a caller waits for an answer. */
const QUERY_TIMEOUT_MS = 5000
const CONNECT_TIMEOUT_MS = 5000
const ATTEMPTS = 6
const INT8 = 20

/** Connects and checks that the server flushes commits. Throws a StartError when it does not or cannot be reached. */
export async function openPostgres(databaseUrl: string): Promise<Database> {
  const db = new Kysely<Tables>({ dialect: createDialect(databaseUrl, POOL_SIZE, QUERY_TIMEOUT_MS) })
  try {
    await assertFlushes(db)
  } catch (error) {
    await db.destroy()
    if (error instanceof StartError) throw error
    throw new StartError(
      `The PostgreSQL server of DATABASE_URL cannot be used (${reasonOf(error)}): check that it runs, and the host, database, user and password.`,
    )
  }
  const signals = openSignalLine(databaseUrl)
  const writes = new Set<Promise<unknown>>()
  return {
    engine: 'postgres',
    read: (query) => query(db).catch((error: unknown) => Promise.reject(toUserError(error))),
    write(unit) {
      const written = withRetries(() => db.transaction().execute(unit))
      writes.add(written)
      const forget = () => writes.delete(written)
      written.then(forget, forget)
      return written
    },
    async maintain(unit) {
      const patient = new Kysely<Tables>({ dialect: createDialect(databaseUrl, 1, 0) })
      try {
        return await withRetries(() => patient.transaction().execute(unit))
      } finally {
        await patient.destroy()
      }
    },
    version: () => null,
    signals,
    async close() {
      await signals.close()
      await Promise.allSettled(writes)
      await db.destroy()
    },
  }
}

/** The dialect for tables that are not ours. */
export function openPostgresForAuth(databaseUrl: string): PostgresDialect {
  return createDialect(databaseUrl, 4, QUERY_TIMEOUT_MS)
}

/** `timeoutMs` of one query; 0: none. */
function createDialect(databaseUrl: string, max: number, timeoutMs: number): PostgresDialect {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: timeoutMs,
    statement_timeout: timeoutMs,
    idle_in_transaction_session_timeout: timeoutMs,
    application_name: 'workflows',
    types: { getTypeParser },
  })
  // A connection that breaks is replaced; without these listeners, for idle ones and those in use, it would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return new PostgresDialect({
    pool: { connect: async () => dropWhenLate(await pool.connect()), end: () => pool.end() },
  })
}

/**
 * A connection whose query was abandoned may be inside a transaction that is never ended: it is closed, or its next user would
 * commit what was reported as undone.
 */
function dropWhenLate(client: pg.PoolClient): PostgresPoolClient {
  const query = async (text: string, parameters: readonly unknown[]) => {
    try {
      return await client.query(text, [...parameters])
    } catch (error) {
      if (error instanceof Error && error.message === 'Query read timeout') void client.end()
      throw error
    }
  }
  // Kysely's other form of it, with a cursor, is for streams, which nothing here uses.
  return { query: query as unknown as PostgresPoolClient['query'], release: (destroy) => client.release(destroy) }
}

/** Times and counts are 64-bit there and stay far below 2^53. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === INT8 ? Number : pg.types.getTypeParser(oid, format)

async function assertFlushes(db: Db): Promise<void> {
  for (const name of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    const { rows } = await sql<{ value: string }>`select current_setting(${name}) as value`.execute(db)
    if (rows[0]?.value !== 'off') continue
    throw new StartError(
      `PostgreSQL runs with ${name} = off: results would be lost with the power. Set ${name} = on and start again.`,
    )
  }
}

async function withRetries<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = ATTEMPTS - 1; ; left -= 1) {
    try {
      return await attempt()
    } catch (error) {
      if (left === 0 || !isConflict(error)) throw toUserError(error)
      // Not all at once again.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
    }
  }
}

/** Serialization failure or deadlock: the transaction was undone and is meant to be run again. */
const isConflict = (error: unknown): boolean => ['40001', '40P01'].includes(codeOf(error))

/** Names and ids are the only text of users that is stored as text; SQLite takes U+0000 there too. */
const NOT_IN_TEXT = '22021'

/** Connection failures, too few resources, intervention of an operator, system errors, read-only: nothing that the caller did. */
const UNAVAILABLE = /^(08|53|57|58|XX)|^25006$|^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|ENOENT|EHOST)/

function toUserError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error
  if (codeOf(error) === NOT_IN_TEXT) {
    return new UserError(
      'bad_request',
      'Text with the character U+0000 cannot be stored or looked for here: leave it out.',
      {},
      error,
    )
  }
  const broken = UNAVAILABLE.test(codeOf(error)) || /timeout|Connection terminated|not queryable/i.test(error.message)
  if (!broken && !isConflict(error)) return error
  return databaseUnavailable(whyUnavailable(error), error)
}

const REASONS: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^25006$/, 'it is read-only'],
  [/^53100$/, 'its disk is full'],
  [/^53/, 'it has no connections or memory left'],
  [/^57/, 'it is stopping or starting, or the statement took too long'],
  [/^(08|E)/, 'it cannot be reached'],
  [/^40/, 'too many changes of the same rows at once'],
]

function whyUnavailable(error: Error): string {
  const code = codeOf(error)
  const known = REASONS.find(([pattern]) => pattern.test(code))
  if (known !== undefined) return known[1]
  if (/timeout/i.test(error.message)) return 'it does not answer in time'
  return code === '' ? 'the connection to it broke' : `it reports the error ${code}`
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** A failed connection to several addresses has an empty message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message === '' ? codeOf(error) : error.message
}
