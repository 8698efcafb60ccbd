/**
 * Keys that survive rotation of the secret key: hashes of people's values cannot be recomputed, and people hold URLs of
 * waits.
 */

import { randomBytes } from 'node:crypto'
import type { Database } from '../database/database.ts'
import { type Db, toBuffer } from '../database/tables/tables.ts'
import type { Keyring } from './encryption.ts'

const NAMES = ['privacy-key', 'wait-key'] as const
export type LastingKey = (typeof NAMES)[number]

const KEY_BYTES = 32
const bindingOf = (purpose: LastingKey) => ({ purpose, workflowId: '', key: '', revision: 0 }) as const

/** The first call creates the key. */
export async function getLastingKey(database: Database, keyring: Keyring, name: LastingKey): Promise<Uint8Array> {
  return await database.write(async (db) => {
    const value = keyring.encrypt(randomBytes(KEY_BYTES).toString('base64'), bindingOf(name))
    await db
      .insertInto('meta')
      .values({ key: name, value })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    const stored = await readKey(db, name)
    return Buffer.from(keyring.decrypt(toBuffer(stored ?? value), bindingOf(name)), 'base64')
  })
}

export async function rewriteLastingKeys(db: Db, keyring: Keyring): Promise<void> {
  for (const name of NAMES) {
    const stored = await readKey(db, name)
    if (stored === undefined) continue
    const value = keyring.encrypt(keyring.decrypt(toBuffer(stored), bindingOf(name)), bindingOf(name))
    await db.updateTable('meta').set({ value }).where('key', '=', name).execute()
  }
}

const readKey = async (db: Db, name: LastingKey): Promise<Uint8Array | undefined> =>
  (await db.selectFrom('meta').select('value').where('key', '=', name).executeTakeFirst())?.value
