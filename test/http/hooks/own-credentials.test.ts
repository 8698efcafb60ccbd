/** Finding 1 of the security review: credentials of this installation never cross into hooks. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { callHook, createCatch, must, type WorkflowBody } from '../../helpers/workflows.ts'

type Headers = Readonly<Record<string, string>>

const SHOW_HEADERS = `
import json
def workflow(_request, settings):
    return {"status_code": 200, "body": json.dumps({name.lower(): value for name, value in _request.headers.items()})}
`
let server: TestServer
let hook: WorkflowBody

before(async () => {
  server = await startServer()
  hook = await createCatch(server, { source: SHOW_HEADERS })
})
after(() => server.close())

/** What the function saw, and what the API shows of the same call. */
async function send(headers: Headers): Promise<{ seen: Headers; shown: Headers }> {
  const answer = await callHook(hook, {}, { headers })
  assert.equal(answer.status, 200, answer.text)
  const id = answer.headers.get('workflow-run')
  const run = await must(server.api<{ request: { headers: [string, string][] } }>('GET', `/api/runs/${id}`), 200)
  const shown = Object.fromEntries(run.request.headers.map(([name, value]) => [name.toLowerCase(), value]))
  return { seen: JSON.parse(answer.text), shown }
}

test('Y01 cookies of the app reach neither the function nor the database', async () => {
  const token = 'session-token-that-nobody-may-see'
  const own = ['workflows.session_token', '__Secure-workflows.session_token', '__Host-workflows.session_token']
  const cookie = ['theme=dark', ...own.map((name) => `${name}=${token}`), 'lang=en'].join('; ')
  const { seen } = await send({ cookie })
  assert.equal(seen.cookie, 'theme=dark; lang=en')
  assert.equal((await send({ cookie: `workflows.session_token=${token}` })).seen.cookie, undefined)
  const files = readdirSync(server.dataDir).filter((name) => name.includes('.db') || name.includes('sqlite'))
  assert.ok(files.length > 0)
  for (const name of files) {
    const bytes = readFileSync(join(server.dataDir, name))
    assert.ok(!bytes.includes(token), `${name} contains the cookie`)
  }
})

test('Y01 API keys of this installation reach no function', async () => {
  const { key } = await must(server.api<{ key: string }>('POST', '/api/keys', { name: 'Y01', scopes: ['read'] }), 201)
  for (const own of [server.apiKey, key]) {
    for (const [name, value] of [
      ['authorization', `Bearer ${own}`],
      ['x-api-key', own],
    ] as const) {
      const { seen, shown } = await send({ [name]: value })
      assert.ok(!JSON.stringify([seen, shown]).includes(own), name)
    }
  }
})

test('Z3-17 API keys inside other headers reach no function either', async () => {
  const { key } = await must(server.api<{ key: string }>('POST', '/api/keys', { name: 'Z3', scopes: ['read'] }), 201)
  for (const own of [server.apiKey, key]) {
    for (const [name, value] of [
      ['authorization', basicOf(`user:${own}`)],
      ['authorization', basicOf(`${own}:`)],
      ['authorization', `Token token="${own}"`],
      ['referer', `https://example.com/?key=${own}&page=2`],
      ['cookie', `theme=dark; token=${own}`],
    ] as const) {
      const { seen, shown } = await send({ [name]: value })
      const all = JSON.stringify([seen, shown])
      assert.ok(!all.includes(own) && !all.includes(value), `${name}: ${all}`)
      if (name === 'cookie') assert.equal(seen.cookie, 'theme=dark')
    }
  }
  const others = { authorization: basicOf('user:wf_short'), referer: 'https://example.com/wf_of_somebody' }
  const { seen } = await send(others)
  assert.deepEqual([seen.authorization, seen.referer], [others.authorization, others.referer])
})

const basicOf = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

test('Y01 the function gets credentials of others, and the API shows them as ***', async () => {
  const foreign = {
    authorization: 'Basic Zm9vOmJhcg==',
    cookie: 'session=foreign',
    'x-api-key': 'foreign-key',
    'x-hub-signature-256': 'sha256=00',
    'x-gitlab-token': 'foreign-token',
  }
  const { seen, shown } = await send({ ...foreign, 'idempotency-key': 'k-1', 'x-request-id': 'r-1' })
  for (const [name, value] of Object.entries(foreign)) {
    assert.deepEqual([name, seen[name], shown[name]], [name, value, '***'])
  }
  assert.deepEqual([shown['idempotency-key'], shown['x-request-id']], ['k-1', 'r-1'])
})
