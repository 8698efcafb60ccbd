/** Simultaneous actions are tested on two servers with one database, and on one server. */

import { startCluster } from './cluster.ts'
import { startServer, type TestServer } from './server.ts'

export type Setup = {
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
