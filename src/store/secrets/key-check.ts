/** A known ciphertext detects a wrong secret key at the start. */

import { StartError } from '../../errors.ts'
import type { Database } from '../database/database.ts'
import { addMeta, readMeta, writeMeta } from '../database/meta.ts'
import { type Db, toBuffer, toBytes } from '../database/tables/tables.ts'
import { type Keyring, keyIdOf } from './encryption.ts'

const KNOWN_TEXT = 'workflows'
const BINDING = { purpose: 'key-check', workflowId: '', key: '', revision: 0 } as const

export async function refuseWrongKey(database: Database, keyring: Keyring): Promise<void> {
  const isNew = await database.read(async (db) => {
    const tables = await db.introspection.getTables()
    return !tables.some(({ name }) => name === 'meta')
  })
  if (!isNew) await database.read((db) => checkKey(db, keyring))
}

export async function keepKeyCheck(database: Database, keyring: Keyring): Promise<void> {
  await database.write(async (db) => {
    await addMeta(db, 'key-check', keyring.encrypt(KNOWN_TEXT, BINDING))
    await checkKey(db, keyring)
  })
}

async function checkKey(db: Db, keyring: Keyring): Promise<void> {
  if ((await readMeta(db, 'key-rotation')) !== undefined) {
    throw new StartError(
      'The secret key is being changed, or that was interrupted: end it with "npm run rotate-key", then start again.',
    )
  }
  const stored = await readMeta(db, 'key-check')
  if (stored === undefined || fits(keyring, stored)) return
  throw new StartError(
    `The secret key does not fit this database (its settings are under key ${keyIdOf(stored)}, found ${keyring.id}): put back the secret.key of its data directory, or the WORKFLOWS_SECRET_KEY that it was made with.`,
  )
}

function fits(keyring: Keyring, keyCheck: Uint8Array): boolean {
  try {
    return keyring.decrypt(toBuffer(keyCheck), BINDING) === KNOWN_TEXT
  } catch {
    return false
  }
}

/** Prevents server starts until the rotation ends. */
export async function markRotation(database: Database, keyring: Keyring): Promise<void> {
  await database.write(async (db) => {
    const stored = await readMeta(db, 'key-check')
    if (stored !== undefined && !fits(keyring, stored)) {
      throw new StartError(
        `Neither the secret key nor the new one fits this database (its settings are under key ${keyIdOf(stored)}): nothing was changed.`,
      )
    }
    await writeMeta(db, 'key-rotation', toBytes(keyring.id))
  })
}

export async function unmarkRotation(database: Database): Promise<void> {
  await database.write((db) => db.deleteFrom('meta').where('key', '=', 'key-rotation').execute())
}

export async function renewKeyCheck(database: Database, keyring: Keyring): Promise<void> {
  await database.write((db) => writeMeta(db, 'key-check', keyring.encrypt(KNOWN_TEXT, BINDING)))
}
