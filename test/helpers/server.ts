/** Starts the real program as a separate process, and calls it over HTTP. */

import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync, unlinkSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Start } from '../../src/workers/sandbox/machine/reach.ts'
import { watchLoop } from './loop/reports.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const START_TIMEOUT_MS = 180_000
/** A server that never stops would keep the test's process alive, and so the whole run. */
const STOP_TIMEOUT_MS = 180_000

export type Answer<T> = { readonly status: number; readonly headers: Headers; readonly body: T; readonly text: string }

export type TestServer = {
  readonly url: string
  readonly apiKey: string
  readonly dataDir: string
  readonly process: ChildProcess
  /** Both streams. Contains everything that the server wrote before it answered, stored or ended what a test saw. */
  output(): string
  /** Uses the owner's key. A string body is sent unchanged, any other as JSON. */
  api<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answer<T>>
  /** Waits for the end and returns the exit code. Throws if the event loop was held. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  /** Stops the server and removes the data directory. */
  close(): Promise<void>
}

/** What a test needs to call a server. */
export type ServerApi = Pick<TestServer, 'url' | 'apiKey' | 'api'>

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
  /** Watches the event loop, as each test does. */
  readonly isShared?: boolean
}
/** Returns the command to start for the program's command. */
export type Through = (command: readonly string[]) => Start

/** Uses a free port, an API key and, unless given, a new data directory. */
export async function startServer({
  env = {},
  dataDir,
  through,
  unwatched,
  isShared = false,
}: ServerOptions = {}): Promise<TestServer> {
  const directory = dataDir ?? (await mkdtemp(join(tmpdir(), 'workflows-test-')))
  const apiKey = env.WORKFLOWS_API_KEY ?? `wf_test_${randomBytes(16).toString('hex')}`
  // Tests run hostile functions, so a server without the strongest sandbox must refuse to start.
  const walls = { WORKFLOWS_SANDBOX: 'bwrap' }
  const options = { WORKFLOWS_PORT: '0', WORKFLOWS_DATA_DIR: directory, WORKFLOWS_API_KEY: apiKey }
  const loop = (IS_TEST || isShared) && unwatched === undefined ? watchLoop() : null
  const output = openOutput()
  const child = spawnServer({ ...options, ...walls, ...env }, through, loop?.options, output.descriptor)
  const exit = new Promise<number | null>((done) =>
    child.once('exit', (code) => {
      output.close()
      done(code)
    }),
  )
  const url = await untilReady(child, output.read).catch((error) => {
    loop?.end(output.read())
    throw error
  })
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    const slow = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    const code = await exit
    clearTimeout(slow)
    loop?.end(output.read())
    return code
  }
  return {
    url,
    apiKey,
    dataDir: directory,
    process: child,
    output: output.read,
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

/**
 * A file without a name for both streams of a program. A tester that sees an effect of the program would find what it
 * wrote before in the file, but perhaps not yet in a pipe, and two pipes lose the order.
 */
function openOutput() {
  const path = join(tmpdir(), `workflows-output-${randomBytes(8).toString('hex')}`)
  const descriptor = openSync(path, 'ax+')
  unlinkSync(path)
  let whole: string | null = null
  const read = () => {
    if (whole !== null) return whole
    const bytes = Buffer.alloc(fstatSync(descriptor).size)
    readSync(descriptor, bytes, 0, bytes.length, 0)
    return bytes.toString()
  }
  const close = () => {
    whole = read()
    closeSync(descriptor)
  }
  return { descriptor, read, close }
}

/** Linux gives out ports from 32,768 on. Browsers refuse port 10,080. */
const OWN_PORTS = { min: 11_000, max: 32_768 }

/** Returns a free port for a program with a fixed port. Linux gives no other program a port below its own range. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(OWN_PORTS.min, OWN_PORTS.max)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer()
      .once('error', () => done(false))
      .listen(port, '127.0.0.1', () => probe.close(() => done(true)))
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
  output: number | 'pipe' = 'pipe',
): ChildProcess {
  const { DATABASE_URL: _, ...inherited } = process.env
  const clean = Object.fromEntries(Object.entries(inherited).filter(([name]) => !name.startsWith('WORKFLOWS_')))
  // Same options as in scripts/run.sh.
  const options = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=8', ...nodeOptions]
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
    stdio: ['ignore', output, output],
  })
}

function directly([file = '', ...args]: readonly string[]): Start {
  return { file, args, identity: {} }
}

async function untilReady(child: ChildProcess, output: () => string): Promise<string> {
  const deadline = performance.now() + START_TIMEOUT_MS
  for (;;) {
    const isRunning = child.exitCode === null && child.signalCode === null
    const url = /Workflows is ready: (\S+)/.exec(output())?.[1]
    if (url !== undefined) return url
    if (!isRunning)
      throw new Error(`the server ended with ${child.exitCode} before it was ready; it printed:\n${output()}`)
    if (performance.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`the server was not ready in ${START_TIMEOUT_MS} ms; it printed:\n${output()}`)
    }
    await sleep(20)
  }
}

export async function callApi<T>(
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
