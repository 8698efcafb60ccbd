/** The part of the store about leases, and what this server sees of all. */

import type { Database } from '../database/database.ts'
import { NEWEST_MIGRATION } from '../database/migrate.ts'
import { readQueue } from '../runs/queue/state.ts'
import { refuseOutdated } from './minimum.ts'
import type { ServerStore } from './server-store.ts'
import { hasLiveOthers, listServers, renewLease } from './servers.ts'

type Leases = Pick<ServerStore, 'heartbeat' | 'listServers' | 'readQueue' | 'connections' | 'hasLiveOthers'>

export function createLeases(database: Database, serverId: string, leaseMs: number): Leases {
  return {
    heartbeat: (facts) =>
      database.write(async (db) => {
        await refuseOutdated(db, NEWEST_MIGRATION)
        await renewLease(db, database, serverId, leaseMs, facts)
      }),
    listServers: () => database.read((db) => listServers(db, database.engine, serverId)),
    readQueue: (now) => database.read((db) => readQueue(db, now)),
    connections: database.connections,
    hasLiveOthers: () => hasLiveOthers(database, serverId),
  }
}
