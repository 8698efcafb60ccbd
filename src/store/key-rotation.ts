/** Brings every stored value under another secret key. No server may work meanwhile; it can be interrupted at any point. */

import { sql } from 'kysely'
import { StartError } from '../errors.ts'
import { type Database, type DatabaseOptions, openDatabase } from './database.ts'
import { createKeyring, type Keyring } from './encryption.ts'
import { markRotation, renewKeyCheck, unmarkRotation } from './key-check.ts'
import { selectLiveServers } from './servers.ts'
import { type Db, toBuffer, toText } from './tables.ts'

const BATCH = 200

export type Rotation = {
  readonly current: Buffer
  readonly next: Buffer
  /** Called once all values are under the new key: makes it the one that servers find. */
  readonly commit: () => void
}

/**
 * Encrypts all settings and their history anew. Until it is over no server starts on the database; called again with the
 * same keys it goes on where it was interrupted. Gives how many values it has written.
 */
export async function rotateKey(options: DatabaseOptions, { current, next, commit }: Rotation): Promise<number> {
  const keyring = createKeyring(next, [current])
  const database = await openDatabase(options)
  try {
    await markRotation(database, keyring)
    await refuseLiveServers(database)
    const count = await rewriteAll(database, keyring)
    await renewKeyCheck(database, keyring)
    commit()
    await unmarkRotation(database)
    return count
  } finally {
    await database.close()
  }
}

/** On SQLite nobody else can have the database open. */
async function refuseLiveServers(database: Database): Promise<void> {
  if (database.engine === 'sqlite') return
  const alive = await database.read((db) => selectLiveServers(db, database.engine))
  if (alive.length === 0) return
  await unmarkRotation(database)
  throw new StartError(
    `${alive.length} server(s) work on this database: stop all of them first (one that was killed counts for 30 seconds).`,
  )
}

/** Settings and their history under the keyring's newest key; those that are already are passed over. */
export async function rewriteAll(database: Database, keyring: Keyring): Promise<number> {
  let count = 0
  for (const table of ['settings', 'setting_changes'] as const) {
    for (;;) {
      const written = await database.write((db) => rewriteBatch(db, keyring, table))
      if (written === 0) break
      count += written
    }
  }
  return count
}

async function rewriteBatch(db: Db, keyring: Keyring, table: 'settings' | 'setting_changes'): Promise<number> {
  const rows = await db
    .selectFrom(table)
    .select(['workflow_id', 'key', 'revision', 'value'])
    // The key id stands behind the format's byte.
    .where(sql`substr(value, 2, 4)`, '<>', Buffer.from(keyring.id, 'hex'))
    .limit(BATCH)
    .execute()
  for (const { workflow_id, key, revision, value } of rows) {
    if (value === null) continue
    const binding = { purpose: 'setting', workflowId: workflow_id, key: toText(key), revision } as const
    const again = keyring.encrypt(decrypt(keyring, value, binding), binding)
    await db
      .updateTable(table)
      .set({ value: again })
      .where('workflow_id', '=', workflow_id)
      .where('key', '=', key)
      .where('revision', '=', revision)
      .execute()
  }
  return rows.length
}

function decrypt(keyring: Keyring, value: Uint8Array, binding: Parameters<Keyring['decrypt']>[1]): string {
  try {
    return keyring.decrypt(toBuffer(value), binding)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new StartError(
      `The setting ${JSON.stringify(binding.key.slice(0, 100))} of ${binding.workflowId} cannot be read (${why}): the rotation stopped there. Put back the key that it is under, or delete the setting, and run it again.`,
    )
  }
}
