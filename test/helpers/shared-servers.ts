/** Servers that the test files of a run share: a start and a stop take two seconds of processor time. */

import { randomBytes } from 'node:crypto'
import { describe } from 'node:test'
import type { Databases } from './databases.ts'
import { type Engine, startOnPostgres, startOnSqlite } from './engines.ts'
import { callApi, type ServerApi, startServer } from './server.ts'

/**
 * Other files use it at the same time. So a test changes no option, relies on no total and on no list of everything, and
 * its people and workflows have names of their own. `createCatch` gives equal names in each file.
 */
export type SharedServer = ServerApi & {
  /** Stops a server of this file. */
  close(): Promise<void>
}

type Address = Pick<ServerApi, 'url' | 'apiKey'>

const ADDRESSES = process.env.TEST_SERVERS

/** `env` is for the environment of all files of a run. */
export async function startSharedServers({ createTables }: Databases) {
  const key = randomBytes(32).toString('base64')
  const env = { DATABASE_URL: await createTables(), WORKFLOWS_SECRET_KEY: key }
  const SQLite = await startServer({ isShared: true })
  const PostgreSQL = await startServer({ isShared: true, env }).catch(async (error) => {
    await SQLite.close()
    throw error
  })
  const addressOf = ({ url, apiKey }: Address): Address => ({ url, apiKey })
  const addresses: Record<Engine, Address> = { SQLite: addressOf(SQLite), PostgreSQL: addressOf(PostgreSQL) }
  return {
    env: { TEST_SERVERS: JSON.stringify(addresses) },
    /** Throws if an event loop was held. */
    stop: async (): Promise<void> => void (await Promise.all([SQLite.close(), PostgreSQL.close()])),
  }
}

/** Starts a server of this file if it runs alone. */
export async function shareServer(engine: Engine = 'SQLite'): Promise<SharedServer> {
  if (ADDRESSES === undefined) return engine === 'SQLite' ? await startOnSqlite() : await startOnPostgres()
  const { url, apiKey }: Address = JSON.parse(ADDRESSES)[engine]
  return {
    url,
    apiKey,
    api: (method, path, body) => callApi(url, apiKey, method, path, body),
    close: async () => {},
  }
}

export function onSharedServers(define: (share: () => Promise<SharedServer>, engine: Engine) => void): void {
  describe('on both engines', () => {
    for (const engine of ['SQLite', 'PostgreSQL'] as const)
      describe(`on ${engine}`, () => define(() => shareServer(engine), engine))
  })
}
