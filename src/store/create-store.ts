/** Opens the store: database, tables, the check of the secret key, and the parts that make it up. */

import { StartError } from '../errors.ts'
import { createCallers } from './callers.ts'
import { type Database, type DatabaseOptions, openDatabase } from './database.ts'
import type { Keyring } from './encryption.ts'
import { createIdempotencyKeys } from './idempotency-keys.ts'
import { createInvitations } from './invitations.ts'
import { createKeys } from './keys.ts'
import { migrate } from './migrate.ts'
import { createRetention } from './retention.ts'
import { createRuns } from './runs.ts'
import { createSchedules } from './schedules.ts'
import { endLease, renewLease } from './servers.ts'
import { createSettings } from './settings.ts'
import type { Store } from './store.ts'
import { toBuffer } from './tables.ts'
import { createVersions } from './versions.ts'
import { createWorkflows } from './workflows.ts'

export type StoreOptions = DatabaseOptions & {
  readonly keyring: Keyring
  /** New at each start: runs of former ones are lost. */
  readonly serverId: string
  readonly clock?: () => number
}

/** Opens the store and brings its tables up to date. Throws a StartError, in one sentence, when it must not be used. */
export async function createStore(options: StoreOptions): Promise<Store> {
  const { keyring, serverId, clock = Date.now } = options
  const database = await openDatabase(options)
  try {
    await migrate(database, clock())
    await checkKey(database, keyring)
    await database.write((db) => renewLease(db, database, serverId))
  } catch (error) {
    await database.close()
    throw error
  }
  const runs = createRuns(database, keyring, serverId)
  return {
    ...createWorkflows(database, keyring),
    ...createCallers(database, keyring),
    ...createVersions(database),
    ...createSettings(database, keyring),
    ...runs,
    ...createIdempotencyKeys(database),
    ...createSchedules(database, serverId),
    ...createRetention(database),
    ...createKeys(database, clock),
    ...createInvitations(database),
    ping: runs.heartbeat,
    async close() {
      // A database that is gone already must not keep the server from ending.
      await database.write((db) => endLease(db, serverId)).catch(() => {})
      await database.close()
    },
  }
}

const KNOWN_TEXT = 'workflows'

/** A small text under the key that wrote the settings: a wrong key is told at the start, not at the first run. */
async function checkKey(database: Database, keyring: Keyring): Promise<void> {
  const binding = { purpose: 'key-check', workflowId: '', key: '', revision: 0 } as const
  const stored = await database.write(async (db) => {
    const value = keyring.encrypt(KNOWN_TEXT, binding)
    await db
      .insertInto('meta')
      .values({ key: 'key-check', value })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    return db.selectFrom('meta').select('value').where('key', '=', 'key-check').executeTakeFirstOrThrow()
  })
  try {
    keyring.decrypt(toBuffer(stored.value), binding)
  } catch {
    throw new StartError(
      'The secret key does not fit this database: put back the secret.key of its data directory, or the WORKFLOWS_SECRET_KEY that it was made with.',
    )
  }
}
