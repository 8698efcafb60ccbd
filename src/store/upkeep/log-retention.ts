/** Strangers can add audit lines and rate limits. */

import { sql } from 'kysely'
import type { Database } from '../database/database.ts'
import { type Db, isPostgres } from '../database/tables/tables.ts'

export type LogRetentionStore = {
  deleteAuditLines(before: number, maxLines: number): Promise<number>
  deleteRateLimits(before: number, maxRows: number): Promise<number>
}

/** About 2 ms of SQLite's single writer. */
const BATCH = 500

export function createLogRetention(database: Database): LogRetentionStore {
  return {
    async deleteAuditLines(before, maxLines) {
      const horizon = await database.read((db) => findHorizon(db, before, maxLines))
      return horizon === 0 ? 0 : await database.write((db) => deleteLines(db, horizon))
    },
    async deleteRateLimits(before, maxRows) {
      if (!(await database.read(hasRateLimits))) return 0
      const until = await database.read((db) => findRateLimit(db, maxRows))
      return await database.write((db) => deleteLimits(db, Math.max(before, until)))
    },
  }
}

async function findHorizon(db: Db, before: number, maxLines: number): Promise<number> {
  const old = await db
    .selectFrom('audit_log')
    .select(({ fn }) => fn.max('id').as('id'))
    .where('at', '<', before)
    .executeTakeFirst()
  const beyond = await db
    .selectFrom('audit_log')
    .select('id')
    .orderBy('id', 'desc')
    .limit(1)
    .offset(maxLines)
    .executeTakeFirst()
  const last = Math.max(old?.id ?? 0, beyond?.id ?? 0)
  if (last === 0) return 0
  const first = await db.selectFrom('audit_log').select('id').orderBy('id').limit(1).executeTakeFirst()
  return first === undefined || first.id > last ? 0 : last + 1
}

async function deleteLines(db: Db, horizon: number): Promise<number> {
  await sql`update audit_horizon set before_id = ${horizon} where before_id < ${horizon}`.execute(db)
  const { numDeletedRows } = await db
    .deleteFrom('audit_log')
    .where('id', 'in', ({ selectFrom }) =>
      selectFrom('audit_log').select('id').where('id', '<', horizon).orderBy('id').limit(BATCH),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** better-auth creates the table when the server starts. */
async function hasRateLimits(db: Db): Promise<boolean> {
  const found = isPostgres(db)
    ? sql<{ found: unknown }>`select to_regclass('"rateLimit"') as found`
    : sql<{ found: unknown }>`select name as found from sqlite_schema where name = 'rateLimit'`
  const { rows } = await found.execute(db)
  return rows[0] !== undefined && rows[0].found !== null
}

async function findRateLimit(db: Db, maxRows: number): Promise<number> {
  const { rows } = await sql<{ at: number | string }>`
    select "lastRequest" as at from "rateLimit" order by "lastRequest" desc limit 1 offset ${maxRows}`.execute(db)
  return rows[0] === undefined ? 0 : Number(rows[0].at) + 1
}

async function deleteLimits(db: Db, before: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from "rateLimit" where "key" in
      (select "key" from "rateLimit" where "lastRequest" < ${before} order by "lastRequest" limit ${sql.lit(BATCH)})`.execute(
    db,
  )
  return Number(numAffectedRows ?? 0)
}
