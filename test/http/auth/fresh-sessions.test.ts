/** Keys, roles and invitations need a sign-in of a moment ago. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openSql } from '../../helpers/databases.ts'
import { type Answer, readAnswer, startServer, type TestServer } from '../../helpers/server.ts'
import { must, until } from '../../helpers/workflows.ts'

const PASSWORD = 'correct horse battery'
const EMAIL = 'ada@example.com'

let server: TestServer
let page: Record<string, string>

before(async () => {
  server = await startServer()
  const token = await until(async () => /\/setup#token=([\w-]+)/.exec(server.output())?.[1])
  page = pageOf(await call('POST', '/api/setup', { token, name: 'Ada', email: EMAIL, password: PASSWORD }, {}))
})
after(() => server.close())

async function call(
  method: string,
  path: string,
  body: object,
  headers: Record<string, string>,
): Promise<Answer<Body>> {
  const all = { 'content-type': 'application/json', origin: server.url, ...headers }
  return await readAnswer(await fetch(server.url + path, { method, headers: all, body: JSON.stringify(body) }))
}
type Body = Record<string, unknown>
const pageOf = ({ headers }: Answer<Body>): Record<string, string> => ({
  cookie: headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; '),
})

test('Y12 keys, roles and invitations need a recent sign-in of a person, and none of an API key', async (t) => {
  const granting = [
    ['POST', '/api/keys', { name: 'x', scopes: ['read'] }, 201],
    ['POST', '/api/invitations', { email: 'grace@example.com', role: 'viewer' }, 201],
    ['PATCH', '/api/people/unknown', { role: 'viewer' }, 404],
    ['DELETE', '/api/people/unknown', {}, 404],
  ] as const
  const statuses = async (headers: Record<string, string>) => {
    const answers = []
    for (const [method, path, body] of granting) answers.push(await call(method, path, body, headers))
    return answers
  }
  const done = granting.map(([, , , status]) => status)
  assert.deepEqual(
    (await statuses(page)).map(({ status }) => status),
    done,
  )

  const run = await openSql(t, { databaseUrl: null, dataDir: server.dataDir })
  await run(`update session set "createdAt" = '${new Date(Date.now() - 16 * 60_000).toISOString()}'`)
  for (const { status, body } of await statuses(page)) {
    assert.deepEqual([status, body.code], [403, 'reauthentication_required'])
    assert.match(String(body.detail), /sign in again \(POST \/api\/auth\/sign-in\/email\)/)
  }
  const key = { authorization: `Bearer ${server.apiKey}` }
  assert.deepEqual(
    (await statuses(key)).map(({ status }) => status),
    done,
  )
  assert.equal((await call('POST', '/api/workflows', { name: 'x', kind: 'pull' }, page)).status, 201)

  const again = await call('POST', '/api/auth/sign-in/email', { email: EMAIL, password: PASSWORD }, page)
  assert.equal(again.status, 200, again.text)
  assert.deepEqual(
    (await statuses(pageOf(again))).map(({ status }) => status),
    done,
  )
  const { data } = await must(server.api<{ data: { action: string }[] }>('GET', '/api/audit'), 200)
  assert.ok(!data.some(({ action }) => action === 'request.refuse'))
})
