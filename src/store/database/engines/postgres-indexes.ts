/** Indexes of large tables on PostgreSQL, made while servers write to them. */

import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Database } from '../database.ts'
import type { IndexOfLargeTable } from '../migration.ts'
import type { Db } from '../tables.ts'

/** An arbitrary number, beside that of the migrations. */
const ADVISORY_LOCK = 4400_0002
const LOOK_EVERY_MS = 500

/**
 * Makes those that are missing, and anew those that a server left unfinished when it died. An index that takes minutes holds up no
 * write, but no transaction may hold it: what it is for must work without it, only slower.
 */
export async function makeIndexes(database: Database, indexes: readonly IndexOfLargeTable[]): Promise<void> {
  const { withoutTransaction } = database
  if (withoutTransaction === null || indexes.length === 0) return
  const isValid = await database.read(readValidity)
  if (indexes.every(({ name }) => isValid.get(name) === true)) return
  await withoutTransaction(async (db) => {
    await lock(db)
    // Another server may have been faster.
    const found = await readValidity(db)
    for (const { name, on } of indexes) {
      if (found.get(name) === true) continue
      // PostgreSQL keeps it up to date and never reads it.
      if (found.has(name)) await sql`drop index concurrently if exists ${sql.id(name)}`.execute(db)
      await sql`create index concurrently ${sql.id(name)} on ${sql.raw(on)}`.execute(db)
    }
    // The connection ends with the work, and the lock with the connection.
  })
}

/** Whether each index of the schema is whole. */
async function readValidity(db: Db): Promise<ReadonlyMap<string, boolean>> {
  const { rows } = await sql<{ name: string; valid: boolean }>`
    select relname as name, indisvalid as valid from pg_index
    join pg_class on pg_class.oid = indexrelid where relnamespace = current_schema()::regnamespace`.execute(db)
  return new Map(rows.map(({ name, valid }) => [name, valid]))
}

/**
 * Never waits inside PostgreSQL: a statement that waits has a snapshot, and the index that another server makes waits for the end of all
 * older snapshots. A server that died holds the lock until PostgreSQL has finished its statement.
 */
async function lock(db: Db): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ got: boolean }>`select pg_try_advisory_lock(${ADVISORY_LOCK}) as got`.execute(db)
    if (rows[0]?.got === true) return
    await delay(LOOK_EVERY_MS)
  }
}
