import { type Expression, type ExpressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Database } from '../database/database.ts'
import { type Db, isPostgres, type Tables } from '../database/tables/tables.ts'
import type { KnownServer, ServerFacts } from './server-store.ts'

/** Counts as dead if its lease expired longer ago. */
const LATE_MS = 10 * 60 * 1000
const FORGOTTEN_MS = 24 * 3600 * 1000
const MAX_LISTED = 200

export async function renewLease(db: Db, serverId: string, leaseMs: number, facts?: ServerFacts): Promise<void> {
  const now = databaseNow(db)
  const lease_until = sql<number>`${now} + ${sql.lit(leaseMs)}`
  const told = facts === undefined ? {} : { facts_json: JSON.stringify(facts) }
  await db
    .insertInto('servers')
    .values({ id: serverId, started_at: now, lease_until, ...told })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ lease_until, ...told }))
    .execute()
}

export async function endLease(db: Db, serverId: string): Promise<void> {
  await db.deleteFrom('servers').where('id', '=', serverId).execute()
}

export async function selectLiveServers(db: Db): Promise<readonly string[]> {
  const rows = await db.selectFrom('servers').select('id').where('lease_until', '>', databaseNow(db)).execute()
  return rows.map(({ id }) => id)
}

export async function listServers(db: Db, serverId: string): Promise<readonly KnownServer[]> {
  const rows = await db
    .selectFrom('servers')
    .select(['id', 'started_at', 'lease_until', 'facts_json', databaseNow(db).as('now')])
    .orderBy('started_at', 'desc')
    .limit(MAX_LISTED)
    .execute()
  return rows.map(({ id, started_at, lease_until, facts_json, now }) => {
    const facts: ServerFacts | null = facts_json === null ? null : JSON.parse(facts_json)
    return {
      id,
      startedAt: started_at,
      leaseUntil: lease_until,
      isAlive: lease_until > now,
      isThis: id === serverId,
      facts,
    }
  })
}

/** The directory lock excludes other servers. */
export async function hasLiveOthers(database: Database, serverId: string): Promise<boolean> {
  if (database.engine === 'sqlite') return false
  const alive = await database.read(selectLiveServers)
  return alive.some((id) => id !== serverId)
}

export async function isOldest(database: Database, serverId: string): Promise<boolean> {
  if (database.engine === 'sqlite') return true
  const alive = await database.read(selectLiveServers)
  return alive.every((id) => id >= serverId)
}

/** A server without a row counts as dead. */
export async function forgetDeadServers(db: Db): Promise<void> {
  const longAgo = sql<number>`${databaseNow(db)} - ${sql.lit(FORGOTTEN_MS)}`
  await db.deleteFrom('servers').where('lease_until', '<', longAgo).execute()
}

export function selectDeadServers(
  db: Db,
  where: ExpressionBuilder<Tables, 'runs'>,
  serverId: string,
): Expression<SqlBool> {
  if (!isPostgres(db)) return where('server_id', '<>', serverId)
  const alive = where.selectFrom('servers').select('servers.id').where('lease_until', '>', databaseNow(db))
  return where.and([where('server_id', '<>', serverId), where('server_id', 'not in', alive)])
}

/** A server with a recently expired lease may only be slow. */
export async function hasOthers(db: Db, serverId: string): Promise<boolean> {
  const other = await db
    .selectFrom('servers')
    .select('id')
    .where('id', '<>', serverId)
    .where('lease_until', '>', sql<number>`${databaseNow(db)} - ${sql.lit(LATE_MS)}`)
    .limit(1)
    .executeTakeFirst()
  return other !== undefined
}

export async function readClock(db: Db): Promise<number> {
  const { rows } = await sql<{ now: number }>`select ${databaseNow(db)} as now`.execute(db)
  return Number(rows[0]?.now)
}

/** Milliseconds by the database's clock: servers' clocks differ. */
function databaseNow(db: Db): RawBuilder<number> {
  return isPostgres(db)
    ? sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`
    : sql<number>`cast(unixepoch('subsec') * 1000 as integer)`
}
