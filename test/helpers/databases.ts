/** Real databases for tests: every store test runs on SQLite and on a PostgreSQL server that this file starts. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe } from 'node:test'
import pg from 'pg'
import { createStore } from '../../src/store/create-store.ts'
import type { DatabaseOptions, Engine } from '../../src/store/database/database.ts'
import { migrate } from '../../src/store/database/migrate.ts'
import { openDatabase } from '../../src/store/database/open.ts'
import { createKeyring } from '../../src/store/secrets/encryption.ts'
import type { Store } from '../../src/store/store.ts'
import { makeData, postgresFolder } from './postgres-files.ts'

/** What a test's `t` offers: something to do when the test has ended. */
type Cleanup = { after(fn: () => void | Promise<void>): void }

export type TestEngine = {
  readonly engine: Engine
  /** A new database without anything in its tables, gone after the test. */
  createDatabase(t: Cleanup): Promise<DatabaseOptions>
}

/** Runs the same tests once on each engine: `forEachDatabase(({ engine, createDatabase }) => { test(…) })`. */
export function forEachDatabase(define: (engine: TestEngine) => void): void {
  const server = createPostgres()
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

export type Postgres = {
  /** The URL of a new, empty database. */
  createDatabase(): Promise<string>
  /** That of a new database which has the tables: a copy takes a fifth of the time that it takes to make them. */
  createTables(): Promise<string>
  /** The server's process and those of its connections. */
  pids(): Promise<readonly number[]>
  /** Pauses every process of it, as an overloaded machine might. */
  freeze(): Promise<void>
  thaw(): Promise<void>
  /** Ends it at once; `up` brings it back with what it had flushed. */
  down(): Promise<void>
  up(): Promise<void>
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

/**
 * A PostgreSQL server of this process: started at the first `createDatabase`; `options` go on its command line, and
 * `through` comes before it on the command line.
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
    const { url } = await started
    count += 1
    const name = `test_${count}`
    const client = new pg.Client({ connectionString: url('postgres') })
    await client.connect()
    await client.query(`create database ${name} template ${template}`)
    await client.end()
    return name
  }
  const makeTables = async (): Promise<string> => {
    const name = await create('template1')
    const database = await openDatabase({ databaseUrl: (await running()).url(name), dataDir: tmpdir() })
    await migrate(database, 0, async () => {}).finally(() => database.close())
    return name
  }
  return {
    pids: async () => listProcesses((await running()).pid()),
    freeze: async () => signalAll((await running()).pid(), 'SIGSTOP'),
    thaw: async () => signalAll((await running()).pid(), 'SIGCONT'),
    down: async () => await (await running()).down(),
    up: async () => await (await running()).up(),
    async createDatabase() {
      const name = await create('template1')
      return (await running()).url(name)
    },
    async createTables() {
      withTables ??= makeTables()
      const name = await create(await withTables)
      return (await running()).url(name)
    },
    async stop() {
      if (started !== null) await (await started).stop()
    },
  }
}

export const TEST_KEYRING = createKeyring(randomBytes(32))

let servers = 0

/** A store on a database, as a server that has just started would open it; closed after the test. */
export async function openStore(t: Cleanup, database: DatabaseOptions, clock: () => number = Date.now): Promise<Store> {
  servers += 1
  const serverId = `srv_${servers}`
  const store = await createStore({ ...database, keyring: TEST_KEYRING, serverId, clock })
  let isOpen = true
  const close = async (): Promise<void> => {
    if (isOpen) await store.close()
    isOpen = false
  }
  t.after(close)
  return { ...store, close }
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

type Server = {
  readonly url: (database: string) => string
  pid(): number
  down(): Promise<void>
  up(): Promise<void>
  stop(): Promise<void>
}

/** The server and its children, one for each connection. */
function listProcesses(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
  return [pid, ...children.map(Number).filter((child) => child > 0)]
}

function signalAll(pid: number, signal: NodeJS.Signals): void {
  for (const one of listProcesses(pid)) {
    try {
      process.kill(one, signal)
    } catch {
      // It ended meanwhile.
    }
  }
}

async function startPostgres(options: readonly string[], through: readonly string[]): Promise<Server> {
  const postgres = findProgram('postgres')
  const directory = mkdtempSync(join(postgresFolder(), 'workflows-postgres-'))
  const user = unprivilegedUser()
  if (user !== null) chownSync(directory, user, user)
  chmodSync(directory, 0o700)
  const data = join(directory, 'data')
  makeData({ data, initdb: findProgram('initdb'), asUser: (command) => asUser(user, command) })
  // A socket in the directory and no port: nothing that tests running beside this one could meet.
  const settings = [`unix_socket_directories=${directory}`, 'listen_addresses=', 'max_connections=100', ...options]
  const [own, ownArguments] = asUser(user, [postgres, '-D', data, ...settings.flatMap((one) => ['-c', one])])
  const [program = own, ...programArguments] = [...through, own, ...ownArguments]
  const start = (): ChildProcess =>
    spawn(program, programArguments, { stdio: ['ignore', 'ignore', 'pipe'], cwd: directory })
  let server = start()
  const down = (): Promise<void> => endServer(server)
  const stop = async (): Promise<void> => {
    await down()
    rmSync(directory, { recursive: true, force: true })
  }
  const url = (database: string): string =>
    `postgres://postgres@localhost/${database}?host=${encodeURIComponent(directory)}`
  const up = async (): Promise<void> => {
    server = start()
    await untilReady(server, url('postgres'))
  }
  await untilReady(server, url('postgres')).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { url, pid: () => server.pid ?? 0, down, up, stop }
}

async function untilReady(server: ChildProcess, url: string): Promise<void> {
  let log = ''
  server.stderr?.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4000)
  })
  for (;;) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL did not start:\n${log}`)
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

async function endServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  // Immediate shutdown: nothing in it is worth a checkpoint.
  server.kill('SIGQUIT')
  await ended
}

/** Newest first among Debian's directories, then the PATH. */
function findProgram(name: string): string {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const directories = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ]
  const found = directories.map((directory) => join(directory, name)).find((file) => existsSync(file))
  if (found !== undefined) return found
  throw new Error(
    `The tests need PostgreSQL (${name} was not found): install it, on Debian with: apt-get install postgresql`,
  )
}

/** PostgreSQL refuses to run as root: a root test runs it as `postgres`, or as the user `nobody`. */
function unprivilegedUser(): number | null {
  if (process.getuid?.() !== 0) return null
  try {
    return Number(execFileSync('id', ['-u', 'postgres'], { stdio: 'pipe' }).toString())
  } catch {
    return 65534
  }
}

/** The kernel ends the server with us, however we end. */
function asUser(user: number | null, command: readonly string[]): [string, string[]] {
  if (!existsSync('/usr/bin/setpriv')) {
    const [program = '', ...rest] = command
    if (user === null) return [program, rest]
    throw new Error('As root the tests need setpriv to run PostgreSQL as another user: apt-get install util-linux')
  }
  const identity = user === null ? [] : [`--reuid=${user}`, `--regid=${user}`, '--clear-groups']
  return ['/usr/bin/setpriv', [...identity, '--pdeathsig', 'INT', '--', ...command]]
}
