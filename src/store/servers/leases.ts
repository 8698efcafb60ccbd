/** The part of the store about leases, and what this server sees of all. */

import type { Database } from '../database/database.ts'
import { NEWEST_MIGRATION } from '../database/migrate.ts'
import type { Db } from '../database/tables.ts'
import { readQueue } from '../runs/queue/state.ts'
import { refuseOutdated } from './minimum.ts'
import type { ServerFacts, ServerStore } from './server-store.ts'
import { hasLiveOthers, isOldest, listServers, readClock, renewLease } from './servers.ts'

export type Leases = Pick<
  ServerStore,
  'heartbeat' | 'ping' | 'clockOffset' | 'listServers' | 'readQueue' | 'connections' | 'hasLiveOthers' | 'leads'
>

/** Two clocks that differ by less are taken for equal: asking takes time, too. */
const SAME_MS = 1000

export function createLeases(database: Database, serverId: string, leaseMs: number, clock: () => number): Leases {
  let offset = 0
  const renew = async (db: Db, facts?: ServerFacts): Promise<void> => {
    await refuseOutdated(db, NEWEST_MIGRATION)
    await renewLease(db, database, serverId, leaseMs, facts)
  }
  return {
    async heartbeat(facts) {
      const start = performance.now()
      const now = await database.writeApart(async (db) => {
        await renew(db, facts)
        return await readClock(db, database.engine)
      })
      const tookMs = performance.now() - start
      if (database.engine === 'sqlite') return
      // The database looked at its clock at some moment while it was asked.
      const found = now - (clock() - tookMs / 2)
      if (Math.abs(found) > Math.max(SAME_MS, tookMs)) offset = Math.round(found)
      else if (tookMs < SAME_MS) offset = 0
    },
    // A connection like those that runs need.
    ping: () => database.write((db) => renew(db)),
    clockOffset: () => offset,
    listServers: () => database.read((db) => listServers(db, database.engine, serverId)),
    readQueue: (now) => database.read((db) => readQueue(db, now)),
    connections: database.connections,
    hasLiveOthers: () => hasLiveOthers(database, serverId),
    leads: () => isOldest(database, serverId),
  }
}
