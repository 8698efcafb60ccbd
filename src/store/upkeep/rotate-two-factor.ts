/** The secrets of two-factor under the next secret key. The library of accounts encrypts them. */

import { accounts } from '../database/account-tables.ts'
import type { Database } from '../database/database.ts'

/** Returns what was encrypted with the current key under the next one; what is so already, as it is. */
export type RenewSecret = (data: string) => Promise<string>

/** Encrypts them anew. Returns how many people they belong to. */
export async function rotateTwoFactor(database: Database, renew: RenewSecret): Promise<number> {
  const rows = await database.read(async (db) => {
    const tables = await db.introspection.getTables()
    if (!tables.some(({ name }) => name === 'twoFactor')) return []
    return await accounts(db).selectFrom('twoFactor').select(['id', 'secret', 'backupCodes']).execute()
  })
  for (const { id, ...row } of rows) {
    const renewed = { secret: await renew(row.secret), backupCodes: await renew(row.backupCodes) }
    await database.write((db) => accounts(db).updateTable('twoFactor').set(renewed).where('id', '=', id).execute())
  }
  return rows.length
}
