/** The key that signs bundles survives rotation of the secret key, so that its signatures stay valid. */

import { generateKeyPairSync } from 'node:crypto'
import type { Database } from '../database/database.ts'
import { type Db, toBuffer } from '../database/tables/tables.ts'
import type { Keyring } from './encryption.ts'

const META_KEY = 'decision-key'
const BINDING = { purpose: 'decision-key', workflowId: '', key: '', revision: 0 } as const

/** Returns the Ed25519 private key as PKCS 8. The first call creates it. */
export async function getDecisionKey(database: Database, keyring: Keyring): Promise<Uint8Array> {
  const known = await database.read(readKey)
  if (known !== undefined) return open(keyring, known)
  return await database.write(async (db) => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const text = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
    const value = keyring.encrypt(text, BINDING)
    await db
      .insertInto('meta')
      .values({ key: META_KEY, value })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    return open(keyring, (await readKey(db)) ?? value)
  })
}

export async function rewriteDecisionKey(db: Db, keyring: Keyring): Promise<void> {
  const stored = await readKey(db)
  if (stored === undefined) return
  const value = keyring.encrypt(keyring.decrypt(toBuffer(stored), BINDING), BINDING)
  await db.updateTable('meta').set({ value }).where('key', '=', META_KEY).execute()
}

const open = (keyring: Keyring, value: Uint8Array): Uint8Array =>
  Buffer.from(keyring.decrypt(toBuffer(value), BINDING), 'base64')

const readKey = async (db: Db): Promise<Uint8Array | undefined> =>
  (await db.selectFrom('meta').select('value').where('key', '=', META_KEY).executeTakeFirst())?.value
