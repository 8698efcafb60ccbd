/** Every store test runs on a real SQLite and a real PostgreSQL. */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe } from 'node:test'
import pg from 'pg'
import { systemClock } from '../../src/clock.ts'
import type { DatabaseOptions, Engine } from '../../src/store/database/database.ts'
import { createKeyring } from '../../src/store/secrets/encryption.ts'
import type { PeerClock } from '../../src/store/servers/peers.ts'
import type { Store } from '../../src/store/store.ts'
import { createMovedClock } from './moved-clock.ts'
import { listProcesses, type Server, signalAll, startPostgres, urlOf } from './postgres.ts'
import { postgresFolder } from './postgres-files.ts'

type Cleanup = { after(fn: () => void | Promise<void>): void }

export type TestEngine = {
  readonly engine: Engine
  /** The database is removed after the test. */
  createDatabase(t: Cleanup): Promise<DatabaseOptions>
}

/** Runs the same tests once on each engine: `forEachDatabase(({ engine, createDatabase }) => { test(…) })`. */
export function forEachDatabase(define: (engine: TestEngine) => void): void {
  const server = sharedPostgres()
  describe('on SQLite', () =>
    define({ engine: 'sqlite', createDatabase: async (t) => ({ databaseUrl: null, dataDir: createDirectory(t) }) }))
  describe('on PostgreSQL', () => {
    define({
      engine: 'postgres',
      createDatabase: async (t) => ({ databaseUrl: await server.createTables(), dataDir: createDirectory(t) }),
    })
    after(() => server.stop())
  })
}

export type Databases = {
  /** Returns the URL of a new, empty database. */
  createDatabase(): Promise<string>
  /** Copies a database with all tables, which takes a fifth of the time of a migration. */
  createTables(): Promise<string>
  /** Also stops the server, unless it is shared. */
  stop(): Promise<void>
}

/** A PostgreSQL server that a test may stop or freeze. */
export type Postgres = Databases & {
  /** Includes one process for each connection. */
  pids(): Promise<readonly number[]>
  /** Pauses all processes, like an overloaded machine. */
  freeze(): Promise<void>
  thaw(): Promise<void>
  /** Stops immediately. `up` starts the server with its flushed data. */
  down(): Promise<void>
  up(): Promise<void>
}

/** Directory of the server that all test files share. */
const SHARED = process.env.TEST_POSTGRES
const TABLES = 'tables'
/** Covers the connections of all parallel files. */
const SHARED_OPTIONS = ['max_connections=500']

/** `env` is the environment of all files of a run. */
export async function startSharedPostgres(): Promise<{
  readonly env: Record<string, string>
  readonly databases: Databases
  stop(): Promise<void>
}> {
  const server = await startPostgres(SHARED_OPTIONS, [], postgresFolder(true))
  try {
    await makeTables(server.directory, TABLES)
  } catch (error) {
    await server.stop()
    throw error
  }
  return { env: { TEST_POSTGRES: server.directory }, databases: databasesOn(server.directory), stop: server.stop }
}

/** Uses a server of this file if it runs alone. No test may stop the server or change its settings. */
export function sharedPostgres(): Databases {
  return SHARED === undefined ? createPostgres() : databasesOn(SHARED)
}

function databasesOn(directory: string): Databases {
  const names: string[] = []
  const create = async (template: string): Promise<string> => {
    const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`
    await run(directory, `create database ${name} template ${template}`)
    names.push(name)
    return urlOf(directory, name)
  }
  return {
    createDatabase: () => create('template1'),
    createTables: () => create(TABLES),
    // Databases are in memory, several MB each.
    stop: async () => await run(directory, ...names.splice(0).map((name) => `drop database ${name} with (force)`)),
  }
}

/** The first `createDatabase` starts the server. `options` go on its command line, and `through` precedes it. */
export function createPostgres(options: readonly string[] = [], through: readonly string[] = []): Postgres {
  let started: Promise<Server> | null = null
  let withTables: Promise<string> | null = null
  let count = 0
  const running = async (): Promise<Server> => {
    if (started === null) throw new Error('create a database first')
    return await started
  }
  /** Returns its name. */
  const create = async (template: string): Promise<string> => {
    started ??= startPostgres(options, through)
    const { directory } = await started
    count += 1
    const name = `test_${count}`
    await run(directory, `create database ${name} template ${template}`)
    return name
  }
  const createTemplate = async (): Promise<string> => {
    started ??= startPostgres(options, through)
    await makeTables((await started).directory, TABLES)
    return TABLES
  }
  return {
    pids: async () => listProcesses((await running()).pid()),
    freeze: async () => signalAll((await running()).pid(), 'SIGSTOP'),
    thaw: async () => signalAll((await running()).pid(), 'SIGCONT'),
    down: async () => await (await running()).down(),
    up: async () => await (await running()).up(),
    async createDatabase() {
      const name = await create('template1')
      return urlOf((await running()).directory, name)
    },
    async createTables() {
      withTables ??= createTemplate()
      const name = await create(await withTables)
      return urlOf((await running()).directory, name)
    },
    async stop() {
      if (started !== null) await (await started).stop()
    },
  }
}

async function run(directory: string, ...statements: readonly string[]): Promise<void> {
  if (statements.length === 0) return
  const client = new pg.Client({ connectionString: urlOf(directory, 'postgres') })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

async function makeTables(directory: string, name: string): Promise<void> {
  await run(directory, `create database ${name}`)
  // Most files use the tables of the shared server, and need no store of their own: 0.2 s of processor time each.
  const { openDatabase } = await import('../../src/store/database/engines/open.ts')
  const { migrate } = await import('../../src/store/database/migrations/migrate.ts')
  const database = await openDatabase({ databaseUrl: urlOf(directory, name), dataDir: tmpdir() })
  await migrate(database, 0, async () => {}).finally(() => database.close())
}

export const TEST_KEYRING = createKeyring(randomBytes(32))

let servers = 0

/** Opens a store like a server that has just started. Closed after the test. */
export async function openStore(
  t: Cleanup,
  database: DatabaseOptions,
  clock: () => number = Date.now,
  peerClock: PeerClock = systemClock,
): Promise<Store> {
  servers += 1
  const serverId = `srv_${servers}`
  const { createStore } = await import('../../src/store/create-store.ts')
  const store = await createStore({ ...database, keyring: TEST_KEYRING, serverId, clock, peerClock })
  let isOpen = true
  const close = async (): Promise<void> => {
    if (isOpen) await store.close()
    isOpen = false
  }
  t.after(close)
  return { ...store, close }
}

/** Each store is past the time in which it could assume that it is alone. */
export async function openPeers(t: Cleanup, database: DatabaseOptions, count: number): Promise<readonly Store[]> {
  const clock = createMovedClock()
  const stores: Store[] = []
  for (let index = 0; index < count; index += 1) stores.push(await openStore(t, database, Date.now, clock))
  await clock.move(1600)
  return stores
}

/** Runs statements outside the store. Closed after the test. */
export async function openSql(t: Cleanup, database: DatabaseOptions): Promise<(statement: string) => Promise<void>> {
  if (database.databaseUrl === null) {
    // A server may be writing.
    const connection = new DatabaseSync(join(database.dataDir, 'workflows.db'), { timeout: 10_000 })
    t.after(() => connection.close())
    return async (statement) => connection.exec(statement)
  }
  const client = new pg.Client({ connectionString: database.databaseUrl })
  await client.connect()
  t.after(() => client.end())
  return async (statement) => void (await client.query(statement))
}

/** Removed after the test. */
export function createDirectory(t: Cleanup): string {
  const directory = mkdtempSync(join(tmpdir(), 'workflows-test-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
