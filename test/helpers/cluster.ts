/** Several real servers share one real PostgreSQL database. */

import { randomBytes } from 'node:crypto'
import { type Databases, sharedPostgres } from './databases.ts'
import { startServer, type TestServer } from './server.ts'

export type Cluster<P extends Databases = Databases> = {
  readonly postgres: P
  readonly databaseUrl: string
  readonly shared: Readonly<Record<'DATABASE_URL' | 'WORKFLOWS_API_KEY' | 'WORKFLOWS_SECRET_KEY', string>>
  readonly servers: readonly TestServer[]
  start(env?: Env): Promise<TestServer>
  close(): Promise<void>
}

type Env = Readonly<Record<string, string>>

/** A server that renews its lease too late ends its runs. A renewal took 3 s on a busy machine. */
export const LONG_LEASE = { WORKFLOWS_LEASE_SECONDS: '12' }

/** The servers share the API key and the key of the settings. Stopping them stops `postgres`. */
export async function startCluster(count: number, env?: Env): Promise<Cluster>
export async function startCluster<P extends Databases>(count: number, env: Env, postgres: P): Promise<Cluster<P>>
export async function startCluster(
  count: number,
  env: Env = {},
  postgres: Databases = sharedPostgres(),
): Promise<Cluster> {
  const servers: TestServer[] = []
  const shared = {
    DATABASE_URL: await postgres.createTables(),
    WORKFLOWS_API_KEY: `wf_test_${randomBytes(16).toString('hex')}`,
    WORKFLOWS_SECRET_KEY: randomBytes(32).toString('base64'),
    ...env,
  }
  const start = async (more: Env = {}): Promise<TestServer> => {
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
