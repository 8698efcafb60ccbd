/** What a person meets when something is wrong before the program runs: one clear message, no stack trace. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { COMPILED } from '../helpers/compiled.ts'
import { startServer } from '../helpers/server.ts'
import { hidePrograms } from './hidden-programs.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'workflows-bad-input-'))
after(() => rmSync(folder, { recursive: true }))

type Ended = { readonly status: number | null; readonly output: string }
type Start = { readonly env?: Record<string, string>; readonly prefix?: readonly string[]; readonly until?: RegExp }

const SERVE = [process.execPath, '--disable-warning=ExperimentalWarning', 'src/commands/main.ts', 'serve']

/** Starts the program and waits for its end; `until`: stops it once it has printed that. */
async function serve({ env = {}, prefix = [], until }: Start, command: readonly string[] = SERVE): Promise<Ended> {
  const [file = '', ...args] = [...prefix, ...command]
  const child = spawn(file, args, {
    cwd: ROOT,
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: folder,
      ...COMPILED,
      WORKFLOWS_PORT: '0',
      WORKFLOWS_DATA_DIR: freshData(),
      ...env,
    },
    detached: true,
  })
  // The whole group: a prefix such as bwrap does not pass signals on.
  const kill = (signal: NodeJS.Signals) => child.pid !== undefined && process.kill(-child.pid, signal)
  const timer = setTimeout(() => kill('SIGKILL'), 180_000)
  let [output, stopped] = ['', false]
  const take = (chunk: Buffer): void => {
    output += chunk
    if (until !== undefined && !stopped && until.test(output)) stopped = kill('SIGTERM')
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  const status = await new Promise<number | null>((done) => child.once('close', done))
  clearTimeout(timer)
  assert.doesNotMatch(output, /^\s+at .*[:(]\d+/m, 'a stack trace was printed')
  return { status, output }
}

let count = 0
function freshData(): string {
  count += 1
  return join(folder, `data-${count}`)
}

test('wrong configuration values are all listed at once, exit code 2', async () => {
  const { status, output } = await serve({
    env: {
      WORKFLOWS_PORT: 'eighty',
      WORKFLOWS_PUBLIC_URL: 'example.com',
      DATABASE_URL: 'mysql://user:hunter2-hunter2@localhost/db',
      WORKFLOWS_API_KEY: 'a-key with-spaces',
      WORKFLOWS_SECRET_KEY: 'c2hvcnQ=',
      WORKFLOWS_SANDBOX: 'maybe',
      WORKFLOWS_EGRESS_ALLOW: 'localhost',
      WORKFLOWS_QUEUE_SECONDS: '-1',
      WORKFLOWS_GRACE_SECONDS: '1.5',
      WORKFLOWS_RETENTION_DAYS: '0',
      WORKFLOWS_RETENTION_MIB: '10 GiB',
      WORKFLOWS_BACKUP_DIR: 's3://bucket/folder',
      WORKFLOWS_DATABASE_CONNECTIONS: '1',
      WORKFLOWS_QUEUED_AT_ONCE: '0',
      WORKFLOWS_SANDBOXES_AT_ONCE: '1001',
      WORKFLOWS_CLOCK_SECONDS: '1',
      WORKFLOWS_DATABASE_DIRECT_URL: 'mysql://user:hunter2-hunter2@localhost/db',
      WORKFLOWS_DRAIN_SECONDS: '-1',
    },
  })
  assert.equal(status, 2, output)
  assert.match(output, /^The configuration has 18 problems:$/m)
  assert.match(output, /WORKFLOWS_PORT: expected a whole number from 0 to 65535, found "eighty"/)
  assert.match(output, /WORKFLOWS_SANDBOX: expected one of auto, bwrap, landlock, none, found "maybe"/)
  for (const name of [
    'PUBLIC_URL',
    'API_KEY',
    'SECRET_KEY',
    'EGRESS_ALLOW',
    'QUEUE_SECONDS',
    'GRACE_SECONDS',
    'RETENTION_DAYS',
    'RETENTION_MIB',
    'BACKUP_DIR',
    'DATABASE_CONNECTIONS',
    'QUEUED_AT_ONCE',
    'SANDBOXES_AT_ONCE',
    'CLOCK_SECONDS',
    'DATABASE_DIRECT_URL',
    'DRAIN_SECONDS',
  ]) {
    assert.match(output, new RegExp(`^  WORKFLOWS_${name}: expected`, 'm'))
  }
  assert.match(output, /^ {2}DATABASE_URL: expected/m)
  assert.doesNotMatch(output, /hunter2|with-spaces/, 'a secret was printed')
})

test('an unknown command is answered with the usage, exit code 2', async () => {
  const { status, output } = await serve({}, [...SERVE.slice(0, -1), 'lunch'])
  assert.equal(status, 2)
  assert.match(output, /There is no command "lunch"[\s\S]*Usage:/)
})

test('a port in use is named, with what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => other.once('listening', done))
  const address = other.address()
  assert.ok(address !== null && typeof address === 'object')
  const { status, output } = await serve({ env: { WORKFLOWS_PORT: String(address.port) } })
  other.close()
  assert.equal(status, 1, output)
  assert.match(output, new RegExp(`${address.port}.*in use`))
  assert.match(output, /WORKFLOWS_PORT/)
})

test('an address that is not of this machine is named', async () => {
  const { status, output } = await serve({ env: { WORKFLOWS_HOST: '203.0.113.9' } })
  assert.equal(status, 1, output)
  assert.match(output, /203\.0\.113\.9[\s\S]*WORKFLOWS_HOST/)
})

test('a data directory that cannot be made or written to is named, with what to do', async () => {
  const file = join(folder, 'a-file')
  writeFileSync(file, '')
  const readOnly = mkdtempSync(join(folder, 'read-only-'))
  const prefix = ['bwrap', '--dev-bind', '/', '/', '--ro-bind', readOnly, readOnly]
  for (const start of [
    { env: { WORKFLOWS_DATA_DIR: join(file, 'data') } },
    { env: { WORKFLOWS_DATA_DIR: readOnly }, prefix },
  ]) {
    const { status, output } = await serve(start)
    assert.equal(status, 1, output)
    assert.ok(output.includes(start.env.WORKFLOWS_DATA_DIR), output)
    assert.match(output, /writable/)
  }
})

test('a temporary directory that cannot be written to is named, with what to do', async () => {
  const readOnly = mkdtempSync(join(folder, 'temporary-'))
  const prefix = ['bwrap', '--dev-bind', '/', '/', '--ro-bind', readOnly, readOnly]
  const { status, output } = await serve({ env: { TMPDIR: readOnly }, prefix })
  assert.equal(status, 1, output)
  assert.ok(output.includes(`The temporary directory ${readOnly} cannot be used (EROFS`), output)
  assert.match(output, /make it writable \(in a container: --tmpfs \/tmp\), or set TMPDIR/)
})

test('a temporary directory that is not there is named, with what to do', async () => {
  const missing = join(folder, 'no-such-folder')
  const { status, output } = await serve({ env: { TMPDIR: missing } })
  assert.equal(status, 1, output)
  assert.ok(output.includes(`The temporary directory ${missing} cannot be used (ENOENT`), output)
  assert.doesNotMatch(output, /report it/)
})

test('a second server on the same data directory is refused, and the first serves on', async () => {
  const first = await startServer()
  try {
    const { status, output } = await serve({ env: { WORKFLOWS_DATA_DIR: first.dataDir } })
    assert.equal(status, 1, output)
    assert.match(output, /Another server is using the data directory .*: stop it first, or set WORKFLOWS_DATA_DIR/)
    assert.equal((await first.api('GET', '/healthz')).status, 200)
  } finally {
    await first.close()
  }
})

test('a database server that is not there is one sentence without the password', async () => {
  const { status, output } = await serve({ env: { DATABASE_URL: 'postgres://user:hunter2-hunter2@127.0.0.1:1/db' } })
  assert.equal(status, 1, output)
  assert.match(output, /DATABASE_URL/)
  assert.doesNotMatch(output, /hunter2/)
})

test('without a Python the server does not start and says what to install', async () => {
  const prefix = hidePrograms((name) => /^python/.test(name))
  const { status, output } = await serve({ prefix })
  assert.equal(status, 1, output)
  assert.match(output, /No Python .*was found.*apt-get install python3/)
})

test('without a Python set-up says so', async () => {
  const prefix = hidePrograms((name) => /^(python|apt-get$)/.test(name))
  const command = [...SERVE.slice(0, 2), 'scripts/set-up.ts', 'start']
  const { status, output } = await serve({ prefix }, command)
  assert.equal(status, 1, output)
  assert.match(output, /Python 3\.6 or newer is needed to run workflows, and no python3 was found on PATH\./)
  assert.match(output, /apt-get install -y python3/)
})

test('without bwrap WORKFLOWS_SANDBOX=bwrap refuses to start and says what to install', async () => {
  const prefix = hidePrograms((name) => name === 'bwrap')
  const { status, output } = await serve({ prefix, env: { WORKFLOWS_SANDBOX: 'bwrap' } })
  assert.equal(status, 1, output)
  assert.match(output, /bwrap[\s\S]*apt-get install bubblewrap/)
})

test('without bwrap WORKFLOWS_SANDBOX=auto starts behind Landlock with a loud warning', async () => {
  const prefix = hidePrograms((name) => name === 'bwrap')
  const { output } = await serve({ prefix, env: { WORKFLOWS_SANDBOX: 'auto' }, until: /Workflows is ready/ })
  assert.match(output, /Workflows is ready/)
  assert.match(output, /^WARNING: functions run without a sandbox of namespaces.*Landlock/m)
})
