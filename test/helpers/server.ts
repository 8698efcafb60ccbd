/** Starts the real program as a separate process, and calls it over HTTP. */

import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Start } from '../../src/workers/sandbox/machine/reach.ts'
import { watchLoop } from './loop/reports.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const START_TIMEOUT_MS = 180_000

export type Answer<T> = { readonly status: number; readonly headers: Headers; readonly body: T; readonly text: string }

export type TestServer = {
  readonly url: string
  readonly apiKey: string
  readonly dataDir: string
  readonly process: ChildProcess
  /** The output so far, of both streams. */
  output(): string
  /** Uses the owner's key. A string body is sent unchanged, any other as JSON. */
  api<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answer<T>>
  /** Waits for the end and returns the exit code. Throws if the event loop was held. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  /** Stops the server and removes the data directory. */
  close(): Promise<void>
}

export type ServerOptions = {
  readonly env?: Readonly<Record<string, string>>
  readonly dataDir?: string
  /** Such as another user. */
  readonly through?: Through
  /**
   * The reason why a held event loop does not fail the test. Only for a test that measures the process, or has very
   * many clients.
   */
  readonly unwatched?: string
}
/** Returns the command to start for the program's command. */
export type Through = (command: readonly string[]) => Start

/** Uses a free port, an API key and, unless given, a new data directory. */
export async function startServer({ env = {}, dataDir, through, unwatched }: ServerOptions = {}): Promise<TestServer> {
  const directory = dataDir ?? (await mkdtemp(join(tmpdir(), 'workflows-test-')))
  const apiKey = env.WORKFLOWS_API_KEY ?? `wf_test_${randomBytes(16).toString('hex')}`
  // Tests run hostile functions, so a server without the strongest sandbox must refuse to start.
  const walls = { WORKFLOWS_SANDBOX: 'bwrap' }
  const options = { WORKFLOWS_PORT: '0', WORKFLOWS_DATA_DIR: directory, WORKFLOWS_API_KEY: apiKey }
  const loop = IS_TEST && unwatched === undefined ? watchLoop() : null
  const child = spawnServer({ ...options, ...walls, ...env }, through, loop?.options)
  let printed = ''
  child.stdout?.on('data', (chunk) => (printed += chunk))
  child.stderr?.on('data', (chunk) => (printed += chunk))
  const exit = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  const url = await untilReady(child, () => printed).catch((error) => {
    loop?.end(printed)
    throw error
  })
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    const code = await exit
    loop?.end(printed)
    return code
  }
  return {
    url,
    apiKey,
    dataDir: directory,
    process: child,
    output: () => printed,
    api: (method, path, body) => callApi(url, apiKey, method, path, body),
    stop,
    async close() {
      try {
        await stop()
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    },
  }
}

/** For programs that must know their port before they start. */
export function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** Watching the loop would slow benchmarks. */
const IS_TEST = process.env.NODE_TEST_CONTEXT !== undefined

/** `on` or `off`. Undefined selects the server's default. */
const ZYGOTES = process.env.TEST_ZYGOTES

/** Excludes the tester's own options. */
export function spawnServer(
  env: Readonly<Record<string, string>>,
  through: Through = directly,
  nodeOptions: readonly string[] = [],
): ChildProcess {
  const { DATABASE_URL: _, ...inherited } = process.env
  const clean = Object.fromEntries(Object.entries(inherited).filter(([name]) => !name.startsWith('WORKFLOWS_')))
  // Same options as in scripts/run.sh.
  const options = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4', ...nodeOptions]
  const program = [process.execPath, ...options, join(ROOT, 'src/commands/main.ts'), 'serve']
  const { file, args, identity } = through(program)
  return spawn(file, args, {
    cwd: ROOT,
    ...identity,
    env: {
      MALLOC_MMAP_THRESHOLD_: '1048576',
      ...clean,
      ...(ZYGOTES === undefined ? {} : { WORKFLOWS_ZYGOTES: ZYGOTES }),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function directly([file = '', ...args]: readonly string[]): Start {
  return { file, args, identity: {} }
}

function untilReady(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      fail(new Error(`the server was not ready in ${START_TIMEOUT_MS} ms; it printed:\n${output()}`))
    }, START_TIMEOUT_MS)
    const look = () => {
      const found = /Workflows is ready: (\S+)/.exec(output())
      if (found?.[1] === undefined) return
      clearTimeout(timer)
      done(found[1])
    }
    child.stdout?.on('data', look)
    child.once('exit', (code) => {
      clearTimeout(timer)
      fail(new Error(`the server ended with ${code} before it was ready; it printed:\n${output()}`))
    })
  })
}

async function callApi<T>(
  url: string,
  apiKey: string,
  method: string,
  path: string,
  body: unknown,
): Promise<Answer<T>> {
  const headers: Record<string, string> = { authorization: `Bearer ${apiKey}` }
  if (body !== undefined) headers['content-type'] = 'application/json'
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(new URL(path, url), { method, headers, ...(text === undefined ? {} : { body: text }) })
  return await readAnswer(response)
}

/** Parses the body if it is JSON. */
export async function readAnswer<T>(response: Response): Promise<Answer<T>> {
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : text }
}
