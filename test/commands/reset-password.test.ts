/** `npm run reset-password`: an operator restores access for a person who lost the password, even the only owner. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startCluster } from '../helpers/cluster.ts'
import { type Answer, readAnswer, startServer, type TestServer } from '../helpers/server.ts'
import { until } from '../helpers/workflows.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const [OLD, NEW] = ['correct horse battery', 'a new staple of it']
const EMAIL = 'ada@example.com'

type Ended = { readonly status: number | null; readonly output: string }
type Env = Readonly<Record<string, string>>

async function run(args: readonly string[], env: Env): Promise<Ended> {
  const child = spawn('sh', ['scripts/run.sh', ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', HOME: tmpdir(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const [status] = await once(child, 'close')
  assert.doesNotMatch(output, /^\s+at .*[:(]\d+/m, 'a stack trace was printed')
  return { status, output }
}

const PLACES: Readonly<
  Record<string, () => Promise<{ server: TestServer; databaseUrl: string | null; close(): Promise<void> }>>
> = {
  SQLite: async () => {
    const server = await startServer()
    return { server, databaseUrl: null, close: () => server.close() }
  },
  PostgreSQL: async () => {
    const cluster = await startCluster(1)
    const [server] = cluster.servers
    assert.ok(server)
    return { server, databaseUrl: cluster.databaseUrl, close: cluster.close }
  },
}

for (const [engine, start] of Object.entries(PLACES)) {
  describe(`on ${engine}`, () => {
    let server: TestServer
    let databaseUrl: string | null
    let close: () => Promise<void>
    before(async () => ({ server, databaseUrl, close } = await start()))
    after(() => close())

    async function post(path: string, body: unknown): Promise<Answer<Record<string, unknown>>> {
      const headers = { 'content-type': 'application/json', origin: server.url }
      return await readAnswer(await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) }))
    }
    /** Three in ten seconds: wait for the next window. */
    const signIn = (password: string) =>
      until(async () => {
        const answer = await post('/api/auth/sign-in/email', { email: EMAIL, password })
        return answer.status !== 429 && answer
      })
    const env = (): Env => ({
      WORKFLOWS_DATA_DIR: server.dataDir,
      WORKFLOWS_PUBLIC_URL: 'https://hr.example.com',
      ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
    })
    const link = async (): Promise<string> => {
      const { status, output } = await run(['reset-password', EMAIL], env())
      assert.equal(status, 0, output)
      const [, token] = /https:\/\/hr\.example\.com\/reset#token=([\w-]{43})\n/.exec(output) ?? []
      return token ?? assert.fail(output)
    }

    test('Y22 a link sets a new password once, while the server runs, and ends all sessions', async () => {
      const token = await until(async () => /\/setup#token=([\w-]+)/.exec(server.output())?.[1])
      const made = await post('/api/setup', { token, name: 'Ada', email: EMAIL, password: OLD })
      const cookie = made.headers.getSetCookie().map((line) => line.split(';')[0])
      const me = () => fetch(`${server.url}/api/me`, { headers: { cookie: cookie.join('; ') } })
      assert.equal((await me()).status, 200)

      const first = await link()
      assert.equal((await post('/api/reset-password', { token: first, password: 'short' })).status, 400)
      assert.equal((await post('/api/reset-password', { token: `${first}x`, password: NEW })).status, 404)
      const both = await Promise.all([1, 2].map(() => post('/api/reset-password', { token: first, password: NEW })))
      assert.deepEqual(both.map(({ status }) => status).sort(), [204, 404], both.map(({ text }) => text).join('\n'))
      assert.equal((await me()).status, 401)
      assert.equal((await signIn(OLD)).status, 401)
      assert.equal((await signIn(NEW)).status, 200)
      const audit = await server.api('GET', '/api/audit')
      assert.match(audit.text, /"action":"password.reset"/)
      assert.ok(!(audit.text + server.output()).includes(first))
    })

    test('a link ends when a newer one is made', async () => {
      const older = await link()
      await link()
      assert.equal((await post('/api/reset-password', { token: older, password: OLD })).status, 404)
    })

    test('who has no account gets no link', async () => {
      const { status, output } = await run(['reset-password', 'nobody@example.com'], env())
      assert.equal(status, 1)
      assert.match(output, /^There is no account of nobody@example\.com\. Owners: ada@example\.com\.\n$/)
      assert.equal((await run(['reset-password'], env())).status, 2)
    })
  })
}

test('where nothing was ever stored there is nothing to reset, and nothing is made', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'workflows-reset-'))
  try {
    const { status, output } = await run(['reset-password', EMAIL], { WORKFLOWS_DATA_DIR: join(folder, 'data') })
    assert.equal(status, 1)
    assert.match(output, /There is no account yet/)
    assert.ok(!existsSync(join(folder, 'data')))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
