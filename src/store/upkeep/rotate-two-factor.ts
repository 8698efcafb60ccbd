import type { Database } from '../database/database.ts'

/** Returns data of the next key unchanged. */
export type RenewSecret = (data: string) => Promise<string>

export async function rotateTwoFactor(database: Database, renew: RenewSecret): Promise<number> {
  const rows = await database.read(async (db) => {
    const tables = await db.introspection.getTables()
    if (!tables.some(({ name }) => name === 'twoFactor')) return []
    return await db.selectFrom('twoFactor').select(['id', 'secret', 'backupCodes']).execute()
  })
  for (const { id, ...row } of rows) {
    const renewed = { secret: await renew(row.secret), backupCodes: await renew(row.backupCodes) }
    await database.write((db) => db.updateTable('twoFactor').set(renewed).where('id', '=', id).execute())
  }
  return rows.length
}
