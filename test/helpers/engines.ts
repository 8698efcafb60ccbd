/** The same tests from outside on both engines: a server on SQLite, and one on PostgreSQL. */

import { describe } from 'node:test'
import { startCluster } from './cluster.ts'
import { startServer, type TestServer } from './server.ts'

/** What it takes with it when it ends: the database too. */
export type StartOnEngine = () => Promise<TestServer>

/** `forEachEngine((start) => { before(…start…); after(…close…); test(…) })` */
export function forEachEngine(define: (start: StartOnEngine) => void): void {
  describe('on SQLite', () => define(() => startServer()))
  describe('on PostgreSQL', () => define(startOnPostgres))
}

async function startOnPostgres(): Promise<TestServer> {
  const cluster = await startCluster(1)
  const [server] = cluster.servers
  if (server === undefined) throw new Error('a cluster of one has a server')
  return { ...server, close: cluster.close }
}
