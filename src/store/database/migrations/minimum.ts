/** Oldest release that may use the database. Set by migrations, checked at each lease renewal. */

import { OutdatedError } from '../../../errors.ts'
import { readMeta, writeMeta } from '../meta.ts'
import { type Db, toBytes, toText } from '../tables/tables.ts'

const KEY = 'minimum-migration'

export async function readMinimum(db: Db): Promise<number | null> {
  const value = await readMeta(db, KEY)
  return value === undefined ? null : Number(toText(value))
}

export async function writeMinimum(db: Db, minimum: number): Promise<void> {
  await writeMeta(db, KEY, toBytes(String(minimum)))
}

/** Throws an OutdatedError if programs with migrations up to `newest` must not use the database. */
export async function refuseOutdated(db: Db, newest: number): Promise<void> {
  const minimum = await readMinimum(db)
  if (minimum === null || minimum <= newest) return
  throw new OutdatedError(
    `A newer release has changed the database (it needs ${minimum}, this server knows ${newest}): start the newer release in its place.`,
  )
}
