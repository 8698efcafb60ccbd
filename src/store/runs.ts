/** Runs: from the row before the process to the commit that ends it. */

import type { Database } from './database.ts'
import type { Keyring } from './encryption.ts'
import { packBytes } from './payloads.ts'
import { findFinished, finishRun, packEnd } from './run-finish.ts'
import { insertRun } from './run-insert.ts'
import { countRuns, getRun, listLogs, listRuns } from './run-lists.ts'
import { cancelQueuedRun, claimRuns, countQueued } from './run-queue.ts'
import { recoverLostRuns } from './run-recovery.ts'
import { searchRuns } from './run-search.ts'
import { selectRunStats } from './run-stats.ts'
import { renewLease } from './servers.ts'
import type { FinishRun, NewRun, Store } from './store.ts'

type Runs = Pick<
  Store,
  | 'insertRun'
  | 'claimRuns'
  | 'countQueued'
  | 'finishRun'
  | 'cancelQueuedRun'
  | 'getRun'
  | 'listRuns'
  | 'listLogs'
  | 'recoverLostRuns'
  | 'heartbeat'
  | 'countRuns'
  | 'searchRuns'
  | 'getRunStats'
>

/** The store's part that keeps runs. */
export function createRuns(database: Database, keyring: Keyring, serverId: string): Runs {
  const carried = new Set<string>()
  return {
    insertRun: (run) => insertCarried(database, run, serverId, carried),
    async claimRuns(limit, now, skipWorkflows) {
      const runs = await database.write((db) => claimRuns(db, database, { limit, now, skipWorkflows, serverId }))
      for (const { id } of runs) carried.add(id)
      return runs
    },
    countQueued: (workflowId, most) => database.read((db) => countQueued(db, workflowId, most)),
    finishRun: finishOnce(database, keyring, carried),
    cancelQueuedRun: (runId, now) => database.write((db) => cancelQueuedRun(db, runId, now)),
    getRun: (id) => database.read((db) => getRun(db, keyring, id)),
    listRuns: (filter, page) => database.read((db) => listRuns(db, filter, page)),
    listLogs: (runId, page) => database.read((db) => listLogs(db, runId, page)),
    recoverLostRuns: (now) =>
      database.write((db) => recoverLostRuns(db, database, { serverId, now, isCarried: (id) => carried.has(id) })),
    heartbeat: () => database.write((db) => renewLease(db, database, serverId)),
    countRuns: (since) => database.read((db) => countRuns(db, since)),
    searchRuns: (filter, text, page) => database.read((db) => searchRuns(db, filter, text, page)),
    getRunStats: (query) => database.read((db) => selectRunStats(db, query)),
  }
}

/** `carried`: the runs under way here. One whose row is there but was told as not stored is none of them. */
async function insertCarried(database: Database, run: NewRun, serverId: string, carried: Set<string>): Promise<void> {
  if (run.startedAt !== null) carried.add(run.id)
  try {
    const body = run.request === null ? undefined : await packBytes(run.request.body)
    await database.write((db) => insertRun(db, run, serverId, body))
  } catch (error) {
    carried.delete(run.id)
    throw error
  }
}

/** A finish that failed may be tried again with the same object: if it was committed after all, that is told. */
function finishOnce(database: Database, keyring: Keyring, carried: Set<string>): Store['finishRun'] {
  const doubtful = new WeakSet<FinishRun>()
  return async (finish) => {
    try {
      const packed = await packEnd(finish.outcome)
      const finished = await database.write((db) => finishRun(db, database, keyring, finish, packed))
      carried.delete(finish.runId)
      if (finished.applied || !doubtful.has(finish)) return finished
      return (await database.read((db) => findFinished(db, keyring, finish))) ?? finished
    } catch (error) {
      doubtful.add(finish)
      throw error
    }
  }
}
