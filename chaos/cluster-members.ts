/** The servers behind the proxy: the program as an operator starts it, on a port that stays the same. */

import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'

export type MemberOptions = {
  readonly port: number
  readonly databaseUrl: string
  readonly apiKey: string
  readonly dataDir: string
  /** A clone of another release; left out: this one. */
  readonly root?: string
  /** Gets each line of its log, and when it began, was ready and ended. */
  readonly onLine: (line: string) => void
}

export type Member = {
  signal(name: NodeJS.Signals): void
  /** Resolves when it has ended. */
  end(name: NodeJS.Signals): Promise<void>
}

const START_MS = 120_000

export async function startMember({
  port,
  databaseUrl,
  apiKey,
  dataDir,
  root,
  onLine,
}: MemberOptions): Promise<Member> {
  const program = ['--disable-warning=ExperimentalWarning', 'src/commands/main.ts', 'serve']
  const child = spawn(process.execPath, program, {
    cwd: root ?? resolve(import.meta.dirname, '..'),
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DATABASE_URL: databaseUrl,
      WORKFLOWS_PORT: String(port),
      WORKFLOWS_DATA_DIR: dataDir,
      WORKFLOWS_API_KEY: apiKey,
      WORKFLOWS_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      WORKFLOWS_LEASE_SECONDS: '6',
      WORKFLOWS_DRAIN_SECONDS: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  let printed = ''
  createInterface(child.stderr).on('line', (line) => {
    printed = `${printed}${line}\n`.slice(-4000)
    onLine(line)
  })
  onLine('began')
  child.once('exit', (code, signal) => onLine(`ended with ${code ?? signal}`))
  await new Promise<void>((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`a server was not ready in ${START_MS} ms:\n${printed}`)), START_MS)
    child.stdout.on('data', (chunk) => {
      if (!String(chunk).includes('Workflows is ready')) return
      clearTimeout(timer)
      onLine('ready')
      done()
    })
    child.once('exit', (code) => fail(new Error(`a server ended with ${code} at its start:\n${printed}`)))
  })
  return {
    signal: (name) => void child.kill(name),
    async end(name) {
      if (child.exitCode === null && child.signalCode === null) {
        onLine(`is sent ${name}`)
        child.kill(name)
      }
      await ended
    },
  }
}
