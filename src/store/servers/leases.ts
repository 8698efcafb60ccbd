import type { Database } from '../database/database.ts'
import { NEWEST_MIGRATION } from '../database/migrations/migrate.ts'
import { refuseOutdated } from '../database/migrations/minimum.ts'
import type { Db } from '../database/tables/tables.ts'
import { createClock } from './clock.ts'
import { readQueue } from './queue-state.ts'

import type { ServerFacts, ServerStore } from './server-store.ts'
import { hasLiveOthers, isOldest, listServers, readClock, renewLease } from './servers.ts'

export type Leases = Pick<
  ServerStore,
  | 'heartbeat'
  | 'ping'
  | 'clockOffset'
  | 'sharedNow'
  | 'clockProblem'
  | 'list'
  | 'readQueue'
  | 'connections'
  | 'hasLiveOthers'
  | 'leads'
> & {
  /** Throws a StartError if the clocks differ too much. */
  assertClock(): Promise<void>
}

type LeaseOptions = {
  readonly serverId: string
  readonly leaseMs: number
  readonly clock: () => number
  readonly maxOffsetMs: number
}

export function createLeases(database: Database, options: LeaseOptions): Leases {
  const { serverId, leaseMs, clock, maxOffsetMs } = options
  const ours = createClock(clock, maxOffsetMs)
  const renew = async (db: Db, facts?: ServerFacts): Promise<void> => {
    await refuseOutdated(db, NEWEST_MIGRATION)
    await renewLease(db, serverId, leaseMs, facts)
  }
  /** SQLite uses this machine's clock. */
  const compare = async (ask: () => Promise<number>): Promise<void> => {
    const start = performance.now()
    const found = await ask()
    if (database.engine === 'postgres') ours.compare(found, performance.now() - start)
  }
  return {
    assertClock: async () => {
      await compare(() => database.read(readClock))
      ours.assertRight()
    },
    heartbeat: (facts) =>
      compare(() =>
        database.writeApart(async (db) => {
          await renew(db, facts)
          return await readClock(db)
        }),
      ),
    ping: () => database.write((db) => renew(db)),
    clockOffset: () => ours.offset,
    sharedNow: database.engine === 'sqlite' ? clock : ours.sharedNow,
    clockProblem: ours.problem,
    list: () => database.read((db) => listServers(db, serverId)),
    readQueue: (now) => database.read((db) => readQueue(db, now)),
    connections: database.connections,
    hasLiveOthers: () => hasLiveOthers(database, serverId),
    leads: () => isOldest(database, serverId),
  }
}
