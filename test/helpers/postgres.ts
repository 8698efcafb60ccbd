/** The server of tests needs no root rights and no port. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import pg from 'pg'
import { makeData, postgresFolder } from './postgres-files.ts'

export type Server = {
  readonly directory: string
  pid(): number
  down(): Promise<void>
  up(): Promise<void>
  stop(): Promise<void>
}

/** The server, and one child for each connection. */
export function listProcesses(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
  return [pid, ...children.map(Number).filter((child) => child > 0)]
}

export function signalAll(pid: number, signal: NodeJS.Signals): void {
  // A server that has stopped starts no process during the listing.
  process.kill(pid, signal)
  for (const one of listProcesses(pid)) {
    try {
      process.kill(one, signal)
    } catch {
      // It ended meanwhile.
    }
  }
}

export async function startPostgres(
  options: readonly string[],
  through: readonly string[] = [],
  folder = postgresFolder(),
): Promise<Server> {
  const postgres = findProgram('postgres')
  const directory = mkdtempSync(join(folder, 'workflows-postgres-'))
  const user = unprivilegedUser()
  if (user !== null) chownSync(directory, user, user)
  chmodSync(directory, 0o700)
  const data = join(directory, 'data')
  makeData({ data, initdb: findProgram('initdb'), asUser: (command) => asUser(user, command) })
  // A socket without a port cannot collide with parallel tests.
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
  const up = async (): Promise<void> => {
    server = start()
    await untilReady(server, directory)
  }
  await untilReady(server, directory).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { directory, pid: () => server.pid ?? 0, down, up, stop }
}

export const urlOf = (directory: string, database: string): string =>
  `postgres://postgres@localhost/${database}?host=${encodeURIComponent(directory)}`

async function untilReady(server: ChildProcess, directory: string): Promise<void> {
  let log = ''
  server.stderr?.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4000)
  })
  for (;;) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL did not start:\n${log}`)
    const client = new pg.Client({ connectionString: urlOf(directory, 'postgres') })
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
  // An immediate shutdown, because the data needs no checkpoint.
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

/** PostgreSQL refuses to run as root, so a root test uses `postgres`, or `nobody`. */
function unprivilegedUser(): number | null {
  if (process.getuid?.() !== 0) return null
  try {
    return Number(execFileSync('id', ['-u', 'postgres'], { stdio: 'pipe' }).toString())
  } catch {
    return 65534
  }
}

/** The kernel ends the server with this process. */
function asUser(user: number | null, command: readonly string[]): [string, string[]] {
  if (!existsSync('/usr/bin/setpriv')) {
    const [program = '', ...rest] = command
    if (user === null) return [program, rest]
    throw new Error('As root the tests need setpriv to run PostgreSQL as another user: apt-get install util-linux')
  }
  const identity = user === null ? [] : [`--reuid=${user}`, `--regid=${user}`, '--clear-groups']
  return ['/usr/bin/setpriv', [...identity, '--pdeathsig', 'INT', '--', ...command]]
}
