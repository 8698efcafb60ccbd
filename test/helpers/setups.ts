/** Simultaneous actions are tested on two servers with one database, and on one server. */

import { after, before, describe } from 'node:test'
import { startCluster } from './cluster.ts'
import { startServer, type TestServer } from './server.ts'

/** `one` and `other` are the same server on SQLite. */
type Setup = {
  readonly one: TestServer
  readonly other: TestServer
  /** Null: SQLite. */
  readonly databaseUrl: string | null
  close(): Promise<void>
}

type Env = Readonly<Record<string, string>>

const SETUPS: Readonly<Record<string, (env: Env) => Promise<Setup>>> = {
  'one server on SQLite': async (env) => {
    const server = await startServer({ env })
    return { one: server, other: server, databaseUrl: null, close: () => server.close() }
  },
  'two servers on one PostgreSQL': async (env) => {
    const { servers, databaseUrl, close } = await startCluster(2, env)
    const [one, other] = servers
    if (one === undefined || other === undefined) throw new Error('a cluster of two has two servers')
    return { one, other, databaseUrl, close }
  },
}

/** `prepare` gets the servers before the tests. */
export function onEachSetup(define: (prepare: (use: (setup: Setup) => unknown) => void) => void, env: Env = {}): void {
  for (const [name, start] of Object.entries(SETUPS))
    describe(name, () => {
      define((use) => {
        let setup: Setup | undefined
        before(async () => {
          setup = await start(env)
          use(setup)
        })
        after(() => setup?.close())
      })
    })
}
