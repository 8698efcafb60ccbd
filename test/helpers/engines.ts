import { describe } from 'node:test'
import { startCluster } from './cluster.ts'
import { startServer, type TestServer } from './server.ts'

export type EngineServer = TestServer & {
  /** Starts another server on the data, after the first has stopped. It closes before the first. */
  again(): Promise<TestServer>
}

type Env = Readonly<Record<string, string>>

/** `close` removes the stored data and the database. */
export type StartOnEngine = (env?: Env) => Promise<EngineServer>

export type Engine = 'SQLite' | 'PostgreSQL'

/** `atOnce` runs the tests in parallel, where they mostly wait. */
export function forEachEngine(define: (start: StartOnEngine, engine: Engine) => void, { atOnce = false } = {}): void {
  describe('on both engines', { concurrency: atOnce }, () => {
    describe('on SQLite', { concurrency: false }, () => define(startOnSqlite, 'SQLite'))
    describe('on PostgreSQL', { concurrency: false }, () => define(startOnPostgres, 'PostgreSQL'))
  })
}

export async function startOnSqlite(env: Env = {}): Promise<EngineServer> {
  const server = await startServer({ env })
  return { ...server, again: () => startServer({ env, dataDir: server.dataDir }) }
}

export async function startOnPostgres(env: Env = {}): Promise<EngineServer> {
  const cluster = await startCluster(1, env)
  const [server] = cluster.servers
  if (server === undefined) throw new Error('a cluster of one has a server')
  return { ...server, close: cluster.close, again: () => cluster.start() }
}
