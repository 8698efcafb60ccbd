/** Servers on one database: each holds a lease, by the database's clock, for as long as it lives. */

import { type Expression, type ExpressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Database, Engine } from './database.ts'
import type { Db, Tables } from './tables.ts'

/** Renewed every ten seconds or so by whoever runs the server. */
const LEASE_MS = 30_000

/** Renews the lease of this server, or takes it at the start. */
export async function renewLease(db: Db, { engine }: Pick<Database, 'engine'>, serverId: string): Promise<void> {
  const now = databaseNow(engine)
  const lease_until = sql<number>`${now} + ${sql.lit(LEASE_MS)}`
  await db
    .insertInto('servers')
    .values({ id: serverId, started_at: now, lease_until })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ lease_until }))
    .execute()
}

/** Gives the lease back: what it leaves running, if anything, is lost at once. */
export async function endLease(db: Db, serverId: string): Promise<void> {
  await db.deleteFrom('servers').where('id', '=', serverId).execute()
}

/** Those whose lease holds. */
export async function selectLiveServers(db: Db, engine: Engine): Promise<readonly string[]> {
  const rows = await db.selectFrom('servers').select('id').where('lease_until', '>', databaseNow(engine)).execute()
  return rows.map(({ id }) => id)
}

/**
 * The condition that a run's server is dead. On SQLite that is every other server, since the lock on the data
 * directory says that we are alone.
 */
export function selectDeadServers(
  where: ExpressionBuilder<Tables, 'runs'>,
  engine: Engine,
  serverId: string,
): Expression<SqlBool> {
  if (engine === 'sqlite') return where('server_id', '<>', serverId)
  const alive = where.selectFrom('servers').select('servers.id').where('lease_until', '>', databaseNow(engine))
  return where.and([where('server_id', '<>', serverId), where('server_id', 'not in', alive)])
}

/** Milliseconds by the database's clock; servers' own clocks may differ. */
function databaseNow(engine: Engine): RawBuilder<number> {
  return engine === 'sqlite'
    ? sql<number>`cast(unixepoch('subsec') * 1000 as integer)`
    : sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`
}
