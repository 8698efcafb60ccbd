import { sql } from 'kysely'
import type { Database } from '../database/database.ts'
import { bit, type Db } from '../database/tables/tables.ts'

export type SignInLimits = {
  /** Call it before the password check, so that simultaneous attempts count. Returns the milliseconds to wait. */
  takeSignIn(key: string, email: string, now: number): Promise<number>
  returnSignIn(key: string): Promise<void>
  clearSignIns(key: string): Promise<void>
}

const FREE_FAILURES = 10
const FIRST_WAIT_MS = 60_000
const MAX_WAIT_MS = 3600_000
const MEMORY_MS = 24 * 3600_000
/** Anyone can add unknown addresses. */
const MAX_UNKNOWN = 10_000

const waitAfter = (failures: number): number =>
  failures < FREE_FAILURES ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (failures - FREE_FAILURES), MAX_WAIT_MS)

export function createSignInLimits(database: Database): SignInLimits {
  return {
    takeSignIn: (key, email, now) => database.write((db) => take(db, key, email, now)),
    returnSignIn: (key) =>
      database.write(async (db) => {
        await db
          .updateTable('sign_in_limits')
          .set({ failures: sql`failures - 1`, refused_until: 0 })
          .where('key', '=', key)
          .where('failures', '>', 0)
          .execute()
      }),
    clearSignIns: (key) =>
      database.write(async (db) => {
        await db.deleteFrom('sign_in_limits').where('key', '=', key).execute()
      }),
  }
}

async function take(db: Db, key: string, email: string, now: number): Promise<number> {
  const person = await db.selectFrom('user').select('id').where('email', '=', email).executeTakeFirst()
  const has_account = bit(person !== undefined)
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('sign_in_limits')
    .values({ key, failures: 0, last_at: now, refused_until: 0, has_account })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .executeTakeFirst()
  if (numInsertedOrUpdatedRows === 1n) await makeRoom(db, now)
  const counted = await db
    .updateTable('sign_in_limits')
    .set({ failures: sql`case when last_at < ${now - MEMORY_MS} then 1 else failures + 1 end`, last_at: now })
    .where('key', '=', key)
    .where('refused_until', '<=', now)
    .returning('failures')
    .executeTakeFirst()
  if (counted === undefined) {
    const row = await db.selectFrom('sign_in_limits').select('refused_until').where('key', '=', key).executeTakeFirst()
    return Math.max(1, (row?.refused_until ?? 0) - now)
  }
  const wait = waitAfter(counted.failures)
  if (wait > 0) {
    await db
      .updateTable('sign_in_limits')
      .set({ refused_until: now + wait })
      .where('key', '=', key)
      .execute()
  }
  return 0
}

async function makeRoom(db: Db, now: number): Promise<void> {
  await db
    .deleteFrom('sign_in_limits')
    .where('last_at', '<', now - MEMORY_MS)
    .execute()
  const beyond = await db
    .selectFrom('sign_in_limits')
    .select('last_at')
    .where('has_account', '=', 0)
    .orderBy('last_at', 'desc')
    .limit(1)
    .offset(MAX_UNKNOWN)
    .executeTakeFirst()
  if (beyond === undefined) return
  await db.deleteFrom('sign_in_limits').where('has_account', '=', 0).where('last_at', '<=', beyond.last_at).execute()
}
