/** The key survives rotation of the secret key, because hashes of people's values cannot be recomputed. */

import { randomBytes } from 'node:crypto'
import type { Database } from '../database/database.ts'
import { type Db, toBuffer } from '../database/tables/tables.ts'
import type { Keyring } from './encryption.ts'

const META_KEY = 'privacy-key'
const KEY_BYTES = 32
const BINDING = { purpose: 'privacy-key', workflowId: '', key: '', revision: 0 } as const

export async function getPrivacyKey(database: Database, keyring: Keyring): Promise<Uint8Array> {
  return await database.write(async (db) => {
    const value = keyring.encrypt(randomBytes(KEY_BYTES).toString('base64'), BINDING)
    await db
      .insertInto('meta')
      .values({ key: META_KEY, value })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    const stored = await readKey(db)
    return Buffer.from(keyring.decrypt(toBuffer(stored ?? value), BINDING), 'base64')
  })
}

export async function rewritePrivacyKey(db: Db, keyring: Keyring): Promise<void> {
  const stored = await readKey(db)
  if (stored === undefined) return
  const value = keyring.encrypt(keyring.decrypt(toBuffer(stored), BINDING), BINDING)
  await db.updateTable('meta').set({ value }).where('key', '=', META_KEY).execute()
}

const readKey = async (db: Db): Promise<Uint8Array | undefined> =>
  (await db.selectFrom('meta').select('value').where('key', '=', META_KEY).executeTakeFirst())?.value
