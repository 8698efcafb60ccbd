/** Whether this server shares its database: then slots are counted there, and the others are notified of changes. */

import type { Database } from '../database/database.ts'
import type { Db } from '../database/tables.ts'
import { hasOthers } from './servers.ts'

export type Peers = {
  /** Whether other servers live on the database; looked up again when the known answer is old. */
  exist(db?: Db): Promise<boolean>
  /** What was known last. */
  readonly known: boolean
  /** Notes that another server was heard of. */
  noteOne(): void
  /** Resolves once no other server can still take itself for the only one; at once where this is the only one. */
  settled(): Promise<void>
}

const BELIEVED_MS = 1000
/** Longer than other servers use their known answer, plus the duration of an insert that began with it. */
const SETTLE_MS = 1500

/** Call it once this server has its lease. */
export async function createPeers(database: Database, serverId: string): Promise<Peers> {
  if (database.engine === 'sqlite') return ALONE
  const look = (db: Db) => hasOthers(db, database.engine, serverId)
  let known = await database.read(look)
  let lookedAt = performance.now()
  const settling = known ? new Promise<void>((resolve) => setTimeout(resolve, SETTLE_MS)) : Promise.resolve()
  return {
    async exist(db) {
      if (performance.now() - lookedAt < BELIEVED_MS) return known
      const startedAt = performance.now()
      known = await (db === undefined ? database.read(look) : look(db))
      lookedAt = startedAt
      return known
    },
    get known() {
      return known
    },
    noteOne() {
      known = true
    },
    settled: () => settling,
  }
}

const ALONE: Peers = {
  exist: async () => false,
  known: false,
  noteOne: () => {},
  settled: async () => {},
}
