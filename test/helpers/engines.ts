/** The same tests from outside on both engines: a server on SQLite, and one on PostgreSQL. */

import { describe } from 'node:test'
import { startCluster } from './cluster.ts'
import { startServer, type TestServer } from './server.ts'

export type EngineServer = TestServer & {
  /** One more on what it has stored: for when it has stopped or was killed. It is gone before this one is closed. */
  again(): Promise<TestServer>
}

type Env = Readonly<Record<string, string>>

/** `close` takes with it what the server stored: the database too. */
export type StartOnEngine = (env?: Env) => Promise<EngineServer>

/**
 * `forEachEngine((start) => { before(…start…); after(…close…); test(…) })`. `atOnce`: beside each other, where most of
 * the time goes into waiting.
 */
export function forEachEngine(define: (start: StartOnEngine) => void, { atOnce = false } = {}): void {
  describe('on both engines', { concurrency: atOnce }, () => {
    describe('on SQLite', { concurrency: false }, () => define(startOnSqlite))
    describe('on PostgreSQL', { concurrency: false }, () => define(startOnPostgres))
  })
}

async function startOnSqlite(env: Env = {}): Promise<EngineServer> {
  const server = await startServer({ env })
  return { ...server, again: () => startServer({ env, dataDir: server.dataDir }) }
}

async function startOnPostgres(env: Env = {}): Promise<EngineServer> {
  const cluster = await startCluster(1, env)
  const [server] = cluster.servers
  if (server === undefined) throw new Error('a cluster of one has a server')
  return { ...server, close: cluster.close, again: () => cluster.start() }
}
