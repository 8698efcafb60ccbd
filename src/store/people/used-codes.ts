/** The codes of authenticator apps that have signed a person in, so that none does it twice. */

import type { Database } from '../database/database.ts'
import { toBytes, toText } from '../database/tables.ts'

export type UsedCodes = {
  /** Records a code of a person as used. Returns false if it was used before. `hash` identifies person and code. */
  takeCode(hash: string, now: number): Promise<boolean>
}

/** A row of `meta`: its key holds the hash, its value the end of its time. */
const PREFIX = 'used-code:'
/** A code is accepted one step of 30 s early and late. */
const LIFE_MS = 5 * 60_000

/** The store's part that keeps used codes. */
export function createUsedCodes(database: Database): UsedCodes {
  return {
    takeCode: (hash, now) =>
      database.write(async (db) => {
        const rows = await db.selectFrom('meta').select(['key', 'value']).where('key', 'like', `${PREFIX}%`).execute()
        const expired = rows.filter(({ value }) => Number(toText(value)) <= now).map(({ key }) => key)
        if (expired.length > 0) await db.deleteFrom('meta').where('key', 'in', expired).execute()
        const { numInsertedOrUpdatedRows } = await db
          .insertInto('meta')
          .values({ key: PREFIX + hash, value: toBytes(String(now + LIFE_MS)) })
          .onConflict((conflict) => conflict.column('key').doNothing())
          .executeTakeFirst()
        return numInsertedOrUpdatedRows === 1n
      }),
  }
}
