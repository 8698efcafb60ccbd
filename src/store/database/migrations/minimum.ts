/** Oldest release that may use the database, set by migrations and checked at each lease renewal. */

import { OutdatedError } from '../../../errors.ts'
import { type Db, toBuffer } from '../tables/tables.ts'

const KEY = 'minimum-migration'

export async function readMinimum(db: Db): Promise<number | null> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', KEY).executeTakeFirst()
  return row === undefined ? null : Number(toBuffer(row.value).toString())
}

export async function writeMinimum(db: Db, minimum: number): Promise<void> {
  const value = Buffer.from(String(minimum))
  await db
    .insertInto('meta')
    .values({ key: KEY, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute()
}

/** Throws an OutdatedError if programs with migrations up to `newest` must not use the database. */
export async function refuseOutdated(db: Db, newest: number): Promise<void> {
  const minimum = await readMinimum(db)
  if (minimum === null || minimum <= newest) return
  throw new OutdatedError(
    `A newer release has changed the database (it needs ${minimum}, this server knows ${newest}): start the newer release in its place.`,
  )
}
