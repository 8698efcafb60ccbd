import type { Clock } from '../../clock.ts'
import type { Database } from '../database/database.ts'
import type { Db } from '../database/tables/tables.ts'
import { hasOthers } from './servers.ts'

export type PeerClock = Pick<Clock, 'monotonic' | 'sleep'>

export type Peers = {
  exist(db?: Db): Promise<boolean>
  readonly known: boolean
  noteOne(): void
  /** Resolves when no other server still assumes that it is alone. */
  settled(): Promise<void>
}

const BELIEVED_MS = 1000
const SETTLE_MS = 1500

/** Call it after this server took its lease. */
export async function createPeers(database: Database, serverId: string, clock: PeerClock): Promise<Peers> {
  if (database.engine === 'sqlite') return ALONE
  const look = (db: Db) => hasOthers(db, serverId)
  let known = await database.read(look)
  let lookedAt = clock.monotonic()
  const settling = known ? clock.sleep(SETTLE_MS) : Promise.resolve()
  let looking: Promise<boolean> | null = null
  const lookAgain = async (ask: () => Promise<boolean>): Promise<boolean> => {
    const startedAt = clock.monotonic()
    known = await ask()
    lookedAt = startedAt
    return known
  }
  return {
    async exist(db) {
      if (clock.monotonic() - lookedAt < BELIEVED_MS) return known
      if (db !== undefined) return await lookAgain(() => look(db))
      looking ??= lookAgain(() => database.read(look)).finally(() => {
        looking = null
      })
      return await looking
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
