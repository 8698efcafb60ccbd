/** Opens the store: database, tables, the check of the secret key, and the parts that make it up. */

import { backUpBeforeUpgrade } from './backup.ts'
import { createCallers } from './callers.ts'
import { type DatabaseOptions, openDatabase } from './database.ts'
import type { Keyring } from './encryption.ts'
import { createIdempotencyKeys } from './idempotency-keys.ts'
import { createInvitations } from './invitations.ts'
import { keepKeyCheck, refuseWrongKey } from './key-check.ts'
import { createKeys } from './keys.ts'
import { migrate } from './migrate.ts'
import { createRetention } from './retention.ts'
import { createRuns } from './runs.ts'
import { createSchedules } from './schedules.ts'
import { endLease, renewLease } from './servers.ts'
import { createSettings } from './settings.ts'
import type { Store } from './store.ts'
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
    await refuseWrongKey(database, keyring)
    await migrate(database, clock(), (from) => backUpFirst(options, from, clock()))
    await database.write((db) => renewLease(db, database, serverId))
    // After the lease: a rotation of the key looks for leases after it has said that it is under way.
    await keepKeyCheck(database, keyring)
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

/** PostgreSQL's backups are its operator's. */
async function backUpFirst({ databaseUrl, dataDir }: DatabaseOptions, from: number, now: number): Promise<void> {
  if (databaseUrl === null) await backUpBeforeUpgrade(dataDir, from, now)
}
