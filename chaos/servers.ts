/** The servers under test: real processes on a real database, killed and started again. */

import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { DatabaseOptions } from '../src/store/database/database.ts'
import { createPostgres } from '../test/helpers/databases.ts'
import type { Arming } from './fail-points.ts'

export type Engine = 'sqlite' | 'postgres'

export type Server = {
  readonly url: string
  readonly ended: Promise<void>
  /** Resolves when old data were deleted once. */
  readonly swept: Promise<void>
  isAlive(): boolean
  /** Makes it die at a moment of its own. */
  arm(arming: Arming): void
  kill(signal: NodeJS.Signals): Promise<void>
}

export type Servers = {
  readonly apiKey: string
  readonly database: DatabaseOptions
  readonly secretKey: Buffer
  start(env?: Readonly<Record<string, string>>): Promise<Server>
  close(): Promise<void>
}

const ROOT = resolve(import.meta.dirname, '..')
const START_MS = 120_000

/** A database of its own; on SQLite one server may be started at a time. */
export async function openServers(engine: Engine, env: Readonly<Record<string, string>>): Promise<Servers> {
  const apiKey = `wf_chaos_${randomBytes(16).toString('hex')}`
  const dataDir = mkdtempSync(join(tmpdir(), 'workflows-chaos-'))
  const postgres = engine === 'postgres' ? createPostgres() : null
  const live = new Set<Server>()
  const databaseUrl = (await postgres?.createDatabase()) ?? null
  const secretKey = randomBytes(32)
  const settings = {
    ...env,
    WORKFLOWS_PORT: '0',
    WORKFLOWS_DATA_DIR: dataDir,
    WORKFLOWS_API_KEY: apiKey,
    WORKFLOWS_SECRET_KEY: secretKey.toString('base64'),
    WORKFLOWS_LEASE_SECONDS: '3',
    ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
  }
  return {
    apiKey,
    database: { databaseUrl, dataDir },
    secretKey,
    async start(more = {}) {
      const server = await startServer({ ...settings, ...more })
      live.add(server)
      void server.ended.then(() => live.delete(server))
      return server
    },
    async close() {
      await Promise.all([...live].map((server) => server.kill('SIGKILL')))
      await postgres?.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

async function startServer(env: Readonly<Record<string, string>>): Promise<Server> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'chaos/server.ts'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  const swept = new Promise<void>((done) => child.on('message', (message) => message === 'swept' && done()))
  const url = await untilReady(child)
  return {
    url,
    ended,
    swept,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    arm: (arming) => child.send(arming),
    async kill(signal) {
      child.kill(signal)
      await ended
    },
  }
}

function untilReady(child: ChildProcess): Promise<string> {
  let printed = ''
  return new Promise((done, fail) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      fail(new Error(`a server was not ready within ${START_MS} ms:\n${printed}`))
    }, START_MS)
    const read = (chunk: Buffer): void => {
      printed = (printed + chunk.toString()).slice(-4000)
      const url = /Workflows is ready: (\S+)/.exec(printed)?.[1]
      if (url === undefined) return
      clearTimeout(timer)
      done(url)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('exit', (code) => fail(new Error(`a server ended with ${code} at its start:\n${printed}`)))
  })
}
