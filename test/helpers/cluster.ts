/** Several real servers on one real PostgreSQL database, as an operator would run them. */

import { randomBytes } from 'node:crypto'
import { createPostgres, type Postgres } from './databases.ts'
import { startServer, type TestServer } from './server.ts'

export type Cluster = {
  readonly postgres: Postgres
  readonly databaseUrl: string
  /** The environment of all servers. */
  readonly shared: Readonly<Record<'DATABASE_URL' | 'WORKFLOWS_API_KEY' | 'WORKFLOWS_SECRET_KEY', string>>
  readonly servers: readonly TestServer[]
  /** One more on the same database. */
  start(env?: Readonly<Record<string, string>>): Promise<TestServer>
  close(): Promise<void>
}

/** Starts `count` of them; they share the key of the API and that of the settings. */
export async function startCluster(count: number, env: Readonly<Record<string, string>> = {}): Promise<Cluster> {
  const postgres = createPostgres()
  const servers: TestServer[] = []
  const shared = {
    DATABASE_URL: await postgres.createDatabase(),
    WORKFLOWS_API_KEY: `wf_test_${randomBytes(16).toString('hex')}`,
    WORKFLOWS_SECRET_KEY: randomBytes(32).toString('base64'),
    ...env,
  }
  const start = async (more: Readonly<Record<string, string>> = {}): Promise<TestServer> => {
    const server = await startServer({ env: { ...shared, ...more } })
    servers.push(server)
    return server
  }
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()))
    await postgres.stop()
  }
  try {
    await Promise.all(Array.from({ length: count }, () => start()))
  } catch (error) {
    await close()
    throw error
  }
  return { postgres, databaseUrl: shared.DATABASE_URL, shared, servers, start, close }
}
