import { type CompiledQuery, Kysely, PostgresDialect, type PostgresPoolClient, sql } from 'kysely'
import pg from 'pg'
import { StartError } from '../../../errors.ts'
import { guard } from '../../../guard.ts'
import type { Database } from '../database.ts'
import { openMarks } from '../groups/marks.ts'
import { openGroup } from '../groups/open-group.ts'
import { openPipeline, type Pipeline } from '../groups/pipeline.ts'
import { locksOf, type Row, type RowWrite, writeRow } from '../groups/rows.ts'
import type { Db, Tables } from '../tables/tables.ts'
import { isConflict, isLockTimeout, isUnknown, mayRepeat, reasonOf, toUserError } from './postgres-errors.ts'
import { assertSessions, refusalOfPooler } from './postgres-pooler.ts'
import { openSignalLine } from './postgres-signals.ts'

const guarded = guard('a connection of the database')

const POOL_SIZE = 16
const QUERY_TIMEOUT_MS = 5000
const CONNECT_TIMEOUT_MS = 5000
const IDLE_MS = 10_000
/** A group that waits longer, for a deletion of a workflow, is rolled back and its rows are written individually. */
const GROUP_LOCK_TIMEOUT_MS = 1000
const ATTEMPTS = 6
/** All later statements wait behind a table change that waits. */
const MAINTAIN_LOCK_TIMEOUT_MS = 1000
const MAINTAIN_PAUSE_MS = 2000
const MAX_MAINTAIN_MS = 10 * 60_000
const INT8 = 20

type PostgresOptions = {
  readonly poolSize?: number | undefined
  readonly directUrl?: string | null | undefined
}

/** Throws a StartError if the server cannot be reached or does not flush commits. */
export async function openPostgres(databaseUrl: string, options: PostgresOptions = {}): Promise<Database> {
  const { poolSize = POOL_SIZE, directUrl = null } = options
  const sessionUrl = directUrl ?? databaseUrl
  const pool = createPool(poolConfig(databaseUrl, directUrl !== null), poolSize)
  const db = new Kysely<Tables>({ dialect: dialectOf(pool) })
  try {
    await assertFlushes(db)
    await assertSessions(db, connectionConfig(sessionUrl), directUrl !== null)
  } catch (error) {
    await db.destroy()
    throw toStartError(error)
  }
  const signals = openSignalLine(sessionUrl)
  // A new connection may take seconds on a busy machine.
  const apart = new Kysely<Tables>({ dialect: dialectOf(createPool(connectionConfig(sessionUrl), 1, 0)) })
  const writes = new Set<Promise<unknown>>()
  const write = <T>(on: Db, unit: (db: Db) => Promise<T>, locks: readonly string[] = []): Promise<T> => {
    const locked = async (transaction: Db) => {
      const query = lock(db, locks)
      if (query !== null) await transaction.executeQuery(query)
      return await unit(transaction)
    }
    const written = withRetries(() => on.transaction().execute(locked), mayRepeat)
    writes.add(written)
    const forget = () => writes.delete(written)
    written.then(forget, forget)
    return written
  }
  const pipelines = openPipelines(sessionUrl)
  const statements = pipelines.open()
  return {
    engine: 'postgres',
    read: (query) => query(db).catch((error: unknown) => Promise.reject(toUserError(error))),
    write: (unit, locks) => write(db, unit, locks),
    writeStatement: async <T>(statement: CompiledQuery<T>) => {
      const [rows = []] = await withRetries(() => statements.run<T & pg.QueryResultRow>([statement]))
      return rows
    },
    openRows: (row) => openGroup(row, { ...grouping(db, write), pipeline: pipelines.open() }),
    writeApart: (unit) => write(apart, unit),
    maintain: (unit) =>
      patiently(sessionUrl, MAINTAIN_LOCK_TIMEOUT_MS, (patient) =>
        withRetries(() => untilUnlocked(() => patient.transaction().execute(unit))),
      ),
    withoutTransaction: (work) => patiently(sessionUrl, 0, (patient) => patient.connection().execute(work)),
    marks: openMarks({ pipeline: pipelines.open(), generation: pipelines.generation, translate: toUserError }),
    signals,
    connections: () => ({
      busy: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
      limit: poolSize,
    }),
    async close() {
      await signals.close()
      await pipelines.close()
      await Promise.allSettled(writes)
      await Promise.all([db.destroy(), apart.destroy()])
    },
  }
}

type Write = <T>(on: Db, unit: (db: Db) => Promise<T>, locks: readonly string[]) => Promise<T>

const grouping = (db: Db, write: Write) => ({
  lock: (names: readonly string[]) => lock(db, names),
  writeAlone: <Given extends Row>(row: RowWrite<Given>, given: Given) =>
    write(db, (transaction) => writeRow(transaction, row, given), locksOf(row, given)),
  isUnknown,
  translate: toUserError,
})

const toStartError = (error: unknown): StartError =>
  error instanceof StartError
    ? error
    : (refusalOfPooler(error) ??
      new StartError(
        `The PostgreSQL server of DATABASE_URL cannot be used (${reasonOf(error)}): check that it runs, and the host, database, user and password.`,
      ))

async function patiently<T>(databaseUrl: string, lockMs: number, work: (patient: Db) => Promise<T>): Promise<T> {
  // The role or the database may have its own limits.
  const options = ['statement_timeout=0', 'idle_in_transaction_session_timeout=0', `lock_timeout=${lockMs}`]
  const config = { ...connectionConfig(databaseUrl, 0), options: options.map((one) => `-c ${one}`).join(' ') }
  const pool = createPool(config, 1)
  const patient = new Kysely<Tables>({ dialect: dialectOf(pool) })
  try {
    return await work(patient)
  } finally {
    await patient.destroy()
  }
}

const LOCK_SPACE = 4400

/** The same order on all servers prevents deadlocks. */
function lock(db: Db, names: readonly string[]): CompiledQuery | null {
  if (names.length === 0) return null
  return sql`select pg_advisory_xact_lock(id) from (
    select distinct hashtextextended(name, ${sql.lit(LOCK_SPACE)}) as id from unnest(${[...new Set(names)]}::text[]) as name order by id
  ) as ids`.compile(db)
}

function openPipelines(databaseUrl: string) {
  const config = { ...connectionConfig(databaseUrl), lock_timeout: GROUP_LOCK_TIMEOUT_MS }
  const pipelines: Pipeline[] = []
  return {
    open: () => {
      const pipeline = openPipeline(config)
      pipelines.push(pipeline)
      return pipeline
    },
    generation: () => pipelines.reduce((sum, pipeline) => sum + pipeline.generation, 0),
    close: async () => void (await Promise.all(pipelines.map((pipeline) => pipeline.close()))),
  }
}

export function openPostgresForAuth(databaseUrl: string, isPooled: boolean): PostgresDialect {
  return dialectOf(createPool(poolConfig(databaseUrl, isPooled), 4))
}

function createPool(config: pg.ClientConfig, max: number, idleMs = IDLE_MS): pg.Pool {
  const pool = new pg.Pool({ ...config, max, idleTimeoutMillis: idleMs })
  // Without listeners, a broken connection would end the process.
  pool.on('error', () => {})
  pool.on(
    'connect',
    guarded((client) => client.on('error', () => {})),
  )
  return pool
}

const dialectOf = (pool: pg.Pool): PostgresDialect =>
  new PostgresDialect({ pool: { connect: async () => dropWhenLate(await pool.connect()), end: () => pool.end() } })

const connectionConfig = (databaseUrl: string, timeoutMs = QUERY_TIMEOUT_MS): pg.ClientConfig => ({
  connectionString: databaseUrl,
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  query_timeout: timeoutMs,
  statement_timeout: timeoutMs,
  idle_in_transaction_session_timeout: timeoutMs,
  application_name: 'workflows',
  types: { getTypeParser },
})

/** Poolers reject connections with timeouts. The PostgreSQL role must set them. */
function poolConfig(databaseUrl: string, isPooled: boolean): pg.ClientConfig {
  const { statement_timeout, idle_in_transaction_session_timeout, ...plain } = connectionConfig(databaseUrl)
  return isPooled ? plain : { ...plain, statement_timeout, idle_in_transaction_session_timeout }
}

/**
 * Sends a query after the previous result. Closes a connection after a timeout: its transaction may be open, and the
 * next user would commit work that was reported as rolled back.
 */
function dropWhenLate(client: pg.PoolClient): PostgresPoolClient {
  let last: Promise<unknown> = Promise.resolve()
  const send = async (text: string, parameters: readonly unknown[]) => {
    try {
      return await client.query(text, [...parameters])
    } catch (error) {
      if (error instanceof Error && error.message === 'Query read timeout') guarded.start(() => client.end())
      throw error
    }
  }
  const query = (text: string, parameters: readonly unknown[]) => {
    const sent = last.then(() => send(text, parameters))
    last = sent.catch(() => {})
    return sent
  }
  return { query: query as unknown as PostgresPoolClient['query'], release: (destroy) => client.release(destroy) }
}

/** Counts and times stay far below 2^53. */
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

/** Retries while another client, such as a dump, holds the lock. */
async function untilUnlocked<T>(attempt: () => Promise<T>): Promise<T> {
  const end = performance.now() + MAX_MAINTAIN_MS
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (!isLockTimeout(error)) throw error
      if (performance.now() > end) {
        throw new StartError(
          'The tables could not be changed within 10 minutes, as a transaction of another program holds them. Look for a dump or an open session in pg_stat_activity, end it, and start again.',
        )
      }
    }
    await new Promise((resolve) => setTimeout(resolve, MAINTAIN_PAUSE_MS))
  }
}

async function withRetries<T>(attempt: () => Promise<T>, isTransient = isConflict): Promise<T> {
  for (let left = ATTEMPTS - 1; ; left -= 1) {
    try {
      return await attempt()
    } catch (error) {
      if (left === 0 || !isTransient(error)) throw toUserError(error)
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
    }
  }
}
