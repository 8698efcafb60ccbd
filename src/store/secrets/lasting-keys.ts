/**
 * Keys that survive rotation of the secret key: hashes of people's values cannot be recomputed, people hold URLs of
 * waits, and signatures of bundles stay valid.
 */

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Database } from '../database/database.ts'
import { addMeta, readMeta, writeMeta } from '../database/meta.ts'
import { type Db, toBuffer } from '../database/tables/tables.ts'
import type { Keyring } from './encryption.ts'

const KEY_BYTES = 32

const MAKERS = {
  'decision-key': () => generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }),
  'privacy-key': () => randomBytes(KEY_BYTES),
  'wait-key': () => randomBytes(KEY_BYTES),
} as const
export type LastingKey = keyof typeof MAKERS

const bindingOf = (purpose: LastingKey) => ({ purpose, workflowId: '', key: '', revision: 0 }) as const

/** The first call creates the key. */
export async function getLastingKey(database: Database, keyring: Keyring, name: LastingKey): Promise<Uint8Array> {
  const open = (value: Uint8Array) => Buffer.from(keyring.decrypt(toBuffer(value), bindingOf(name)), 'base64')
  const known = await database.read((db) => readMeta(db, name))
  if (known !== undefined) return open(known)
  return await database.write(async (db) => {
    const value = keyring.encrypt(MAKERS[name]().toString('base64'), bindingOf(name))
    await addMeta(db, name, value)
    return open((await readMeta(db, name)) ?? value)
  })
}

export async function rewriteLastingKeys(db: Db, keyring: Keyring): Promise<void> {
  for (const name of Object.keys(MAKERS) as LastingKey[]) {
    const stored = await readMeta(db, name)
    if (stored === undefined) continue
    await writeMeta(db, name, keyring.encrypt(keyring.decrypt(toBuffer(stored), bindingOf(name)), bindingOf(name)))
  }
}
