/** Real databases for tests: every store test runs on SQLite and on PostgreSQL. */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe } from 'node:test'
import pg from 'pg'
import { systemClock } from '../../src/clock.ts'
import { createStore } from '../../src/store/create-store.ts'
import type { DatabaseOptions, Engine } from '../../src/store/database/database.ts'
import { openDatabase } from '../../src/store/database/engines/open.ts'
import { migrate } from '../../src/store/database/migrations/migrate.ts'
import { createKeyring } from '../../src/store/secrets/encryption.ts'
import type { PeerClock } from '../../src/store/servers/peers.ts'
import type { Store } from '../../src/store/store.ts'
import { createMovedClock } from './moved-clock.ts'
import { listProcesses, type Server, signalAll, startPostgres, urlOf } from './postgres.ts'
import { postgresFolder } from './postgres-files.ts'

/** What a test's `t` offers: something to do when the test has ended. */
type Cleanup = { after(fn: () => void | Promise<void>): void }

export type TestEngine = {
  readonly engine: Engine
  /** A new database without anything in its tables, gone after the test. */
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
  /** Returns the URL of a new database with all tables. It is a copy, which takes a fifth of the time of a migration. */
  createTables(): Promise<string>
  /** Removes the databases, and the server if it is this file's. */
  stop(): Promise<void>
}

/** A PostgreSQL server that a test may stop or freeze. */
export type Postgres = Databases & {
  /** The server's process and those of its connections. */
  pids(): Promise<readonly number[]>
  /** Pauses all its processes, as an overloaded machine might. */
  freeze(): Promise<void>
  thaw(): Promise<void>
  /** Ends it immediately; `up` starts it again with what it had flushed. */
  down(): Promise<void>
  up(): Promise<void>
}

/** Directory of the server of a run of many files. */
const SHARED = process.env.TEST_POSTGRES
/** The database that `createTables` copies. */
const TABLES = 'tables'
/** For the connections of all files that run at the same time. */
const SHARED_OPTIONS = ['max_connections=500']

/** Starts the server that `sharedPostgres` finds in all files of a run. `env` is their environment. */
export async function startSharedPostgres(): Promise<{ env: Record<string, string>; stop(): Promise<void> }> {
  const server = await startPostgres(SHARED_OPTIONS, [], postgresFolder(true))
  try {
    await makeTables(server.directory, TABLES)
  } catch (error) {
    await server.stop()
    throw error
  }
  return { env: { TEST_POSTGRES: server.directory }, stop: server.stop }
}

/** The server of the run, or one of this file if it runs alone. No test may stop it or change its settings. */
export function sharedPostgres(): Databases {
  if (SHARED === undefined) return createPostgres()
  const names: string[] = []
  const create = async (template: string): Promise<string> => {
    const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`
    await run(SHARED, `create database ${name} template ${template}`)
    names.push(name)
    return urlOf(SHARED, name)
  }
  return {
    createDatabase: () => create('template1'),
    createTables: () => create(TABLES),
    // They are in memory, several MB each.
    stop: async () => await run(SHARED, ...names.splice(0).map((name) => `drop database ${name} with (force)`)),
  }
}

/**
 * A PostgreSQL server of this file, started by the first `createDatabase`. `options` go on its command line, and `through`
 * precedes it.
 */
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

/** Runs statements on the server of a directory. */
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
  const database = await openDatabase({ databaseUrl: urlOf(directory, name), dataDir: tmpdir() })
  await migrate(database, 0, async () => {}).finally(() => database.close())
}

export const TEST_KEYRING = createKeyring(randomBytes(32))

let servers = 0

/** A store on a database, as a server that has just started would open it; closed after the test. */
export async function openStore(
  t: Cleanup,
  database: DatabaseOptions,
  clock: () => number = Date.now,
  peerClock: PeerClock = systemClock,
): Promise<Store> {
  servers += 1
  const serverId = `srv_${servers}`
  const store = await createStore({ ...database, keyring: TEST_KEYRING, serverId, clock, peerClock })
  let isOpen = true
  const close = async (): Promise<void> => {
    if (isOpen) await store.close()
    isOpen = false
  }
  t.after(close)
  return { ...store, close }
}

/** Stores of several servers on one database, each past the time in which it could believe that it is alone. */
export async function openPeers(t: Cleanup, database: DatabaseOptions, count: number): Promise<readonly Store[]> {
  const clock = createMovedClock()
  const stores: Store[] = []
  for (let index = 0; index < count; index += 1) stores.push(await openStore(t, database, Date.now, clock))
  await clock.move(1600)
  return stores
}

/** A connection of the test's own, past the store: runs one statement. Closed after the test. */
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

/** An empty directory, gone after the test. */
export function createDirectory(t: Cleanup): string {
  const directory = mkdtempSync(join(tmpdir(), 'workflows-test-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
