import { addMeta } from '../database/meta.ts'
import { type Db, toBytes, toText } from '../database/tables/tables.ts'

const PREFIX = 'used-code:'
/** Codes are accepted one step of 30 s early and late. */
const LIFE_MS = 5 * 60_000

/** Returns false if the code was used before. */
export async function takeCode(db: Db, hash: string, now: number): Promise<boolean> {
  const rows = await db.selectFrom('meta').select(['key', 'value']).where('key', 'like', `${PREFIX}%`).execute()
  const expired = rows.filter(({ value }) => Number(toText(value)) <= now).map(({ key }) => key)
  if (expired.length > 0) await db.deleteFrom('meta').where('key', 'in', expired).execute()
  return await addMeta(db, PREFIX + hash, toBytes(String(now + LIFE_MS)))
}
