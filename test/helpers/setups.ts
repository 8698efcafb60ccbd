/** Where what several people do at once is tried: two servers on one database, and one that is both. */

import { startCluster } from './cluster.ts'
import { startServer, type TestServer } from './server.ts'

export type Setup = {
  /** The first and the last may be the same. */
  readonly servers: readonly TestServer[]
  /** Null: SQLite. */
  readonly databaseUrl: string | null
  close(): Promise<void>
}

export const SETUPS: Readonly<Record<string, () => Promise<Setup>>> = {
  'one server on SQLite': async () => {
    const server = await startServer()
    return { servers: [server], databaseUrl: null, close: () => server.close() }
  },
  'two servers on one PostgreSQL': () => startCluster(2),
}
