import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Database } from '../database.ts'
import type { Db } from '../tables/tables.ts'
import type { IndexOfLargeTable } from './migration.ts'

const ADVISORY_LOCK = 4400_0002
const LOOK_EVERY_MS = 500

/** Recreates indexes that a dead server left incomplete. Takes minutes but blocks no writes. */
export async function makeIndexes(database: Database, indexes: readonly IndexOfLargeTable[]): Promise<void> {
  const { withoutTransaction } = database
  if (withoutTransaction === null || indexes.length === 0) return
  const isValid = await database.read(readValidity)
  if (indexes.every(({ name }) => isValid.get(name) === true)) return
  await withoutTransaction(async (db) => {
    await lock(db)
    const found = await readValidity(db)
    for (const { name, on } of indexes) {
      if (found.get(name) === true) continue
      // PostgreSQL updates an invalid index but never reads it.
      if (found.has(name)) await sql`drop index concurrently if exists ${sql.id(name)}`.execute(db)
      await sql`create index concurrently ${sql.id(name)} on ${sql.raw(on)}`.execute(db)
    }
    // This also releases the lock.
  })
}

async function readValidity(db: Db): Promise<ReadonlyMap<string, boolean>> {
  const { rows } = await sql<{ name: string; valid: boolean }>`
    select relname as name, indisvalid as valid from pg_index
    join pg_class on pg_class.oid = indexrelid where relnamespace = current_schema()::regnamespace`.execute(db)
  return new Map(rows.map(({ name, valid }) => [name, valid]))
}

/**
 * A statement that waits inside PostgreSQL holds a snapshot, and index creation on another server waits for older
 * snapshots.
 */
async function lock(db: Db): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ got: boolean }>`select pg_try_advisory_lock(${ADVISORY_LOCK}) as got`.execute(db)
    if (rows[0]?.got === true) return
    await delay(LOOK_EVERY_MS)
  }
}
