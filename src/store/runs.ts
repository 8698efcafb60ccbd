/** Runs: from the row before the process to the commit that ends it. */

import type { Database } from './database.ts'
import type { Keyring } from './encryption.ts'
import { finishRun } from './run-finish.ts'
import { insertRun } from './run-insert.ts'
import { countRuns, getRun, listLogs, listRuns } from './run-lists.ts'
import { cancelQueuedRun, claimRuns } from './run-queue.ts'
import { recoverLostRuns } from './run-recovery.ts'
import { renewLease } from './servers.ts'
import type { Store } from './store.ts'

type Runs = Pick<
  Store,
  | 'insertRun'
  | 'claimRuns'
  | 'finishRun'
  | 'cancelQueuedRun'
  | 'getRun'
  | 'listRuns'
  | 'listLogs'
  | 'recoverLostRuns'
  | 'heartbeat'
  | 'countRuns'
>

/** The store's part that keeps runs. */
export function createRuns(database: Database, keyring: Keyring, serverId: string): Runs {
  return {
    insertRun: (run) => database.write((db) => insertRun(db, run, serverId)),
    claimRuns: (limit, now, skipWorkflows) =>
      database.write((db) => claimRuns(db, database, { limit, now, skipWorkflows, serverId })),
    finishRun: (finish) => database.write((db) => finishRun(db, database, keyring, finish)),
    cancelQueuedRun: (runId, now) => database.write((db) => cancelQueuedRun(db, runId, now)),
    getRun: (id) => database.read((db) => getRun(db, keyring, id)),
    listRuns: (filter, page) => database.read((db) => listRuns(db, filter, page)),
    listLogs: (runId, page) => database.read((db) => listLogs(db, runId, page)),
    recoverLostRuns: (now) => database.write((db) => recoverLostRuns(db, database, { serverId, now })),
    heartbeat: () => database.write((db) => renewLease(db, database, serverId)),
    countRuns: (since) => database.read((db) => countRuns(db, since)),
  }
}
