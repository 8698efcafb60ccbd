/** Accounts, keys and sessions, as the acceptance list (A) wants them. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, readAnswer, startServer, type TestServer } from '../../helpers/server.ts'
import { must, until } from '../../helpers/workflows.ts'
import { sendRaw } from '../raw.ts'

const PASSWORD = 'correct horse battery'
type Me = { type: string; id: string; name: string }
type Key = { id: string; name: string; key: string; prefix: string }
type Body = Record<string, unknown>

let server: TestServer
let token: string
before(async () => {
  server = await startServer()
  token = await until(async () => /\/setup#token=([\w-]+)/.exec(server.output())?.[1])
})
after(() => server.close())

/** Calls without the owner's key, as a browser's page or a stranger would. */
async function call<T = Body>(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer<T>> {
  const json: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
  const text = body === undefined ? {} : { body: JSON.stringify(body) }
  return await readAnswer(await fetch(new URL(path, server.url), { method, headers: { ...json, ...headers }, ...text }))
}
const cookieOf = (answer: Answer<unknown>): string =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
const page = (cookie: string): Record<string, string> => ({
  cookie,
  origin: server.url,
  'sec-fetch-site': 'same-origin',
})
/** Of the two who are made at once, either may win. */
let ownerEmail = ''
const signIn = (password: string, headers: Record<string, string> = { origin: server.url }) =>
  call('POST', '/api/auth/sign-in/email', { email: ownerEmail, password }, headers)

/** Sign-ins are limited to three in ten seconds: wait for the next window rather than switch the limit off. */
async function signInAgain(password: string): Promise<Answer<Body>> {
  return await until(async () => {
    const answer = await signIn(password)
    return answer.status === 429 ? null : answer
  })
}

test('without signing in only what everybody may see answers', async () => {
  for (const path of [
    '/api/workflows',
    '/api/runs',
    '/api/me',
    '/api/keys',
    '/api/audit',
    '/api/events',
    '/api/runtimes',
    '/api/workflows/wf_1/settings',
  ]) {
    const answer = await call('GET', path)
    assert.deepEqual([answer.status, answer.body.code], [401, 'unauthorized'], path)
    assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/)
  }
  for (const path of ['/healthz', '/readyz', '/metrics', '/api/openapi.json'])
    assert.equal((await call('GET', path)).status, 200, path)
  const system = await call('GET', '/api/system')
  assert.deepEqual(Object.keys(system.body).sort(), ['setup_needed', 'version'])
  assert.equal(system.body.setup_needed, true)
})

test('A05 wrong, malformed and misplaced keys are refused', async () => {
  const wrong = [
    'Bearer wrong',
    'Bearer',
    `Basic ${server.apiKey}`,
    server.apiKey,
    `Bearer ${server.apiKey}x`,
    `Bearer ${server.apiKey.slice(0, -1)}`,
    `Bearer wf_${'x'.repeat(43)}`,
    'Bearer \t',
  ]
  for (const authorization of wrong)
    assert.equal((await call('GET', '/api/me', undefined, { authorization })).status, 401, authorization)
  const { body } = await call('GET', '/api/me', undefined, { authorization: 'Bearer wrong' })
  assert.match(String(body.detail), /The API key of this call is unknown, revoked or expired\.$/)
  assert.equal((await call('GET', `/api/me?api_key=${server.apiKey}`)).status, 401)
  const me = await must(server.api<Me>('GET', '/api/me'), 200)
  assert.equal(me.type, 'api_key')
})

test('A07 Y22 of two owners made at once one wins, and only with the token', async () => {
  const owner = { token, name: 'Ada', email: 'Ada@Example.com', password: PASSWORD }
  assert.equal((await call('POST', '/api/setup', { ...owner, token: 'wrong' })).status, 403)
  assert.equal((await call('POST', '/api/setup', { ...owner, password: 'short' })).status, 400)
  // An address that cannot sign in gets no account.
  for (const email of ['nobody', 'ada@localhost', 'a@b.c', 'adä@example.com', 'a..b@example.com', 'a b@example.com']) {
    const refused = await call('POST', '/api/setup', { ...owner, email })
    assert.equal(refused.status, 400, `${email}: ${refused.text}`)
  }
  assert.equal((await call('POST', '/api/setup', { ...owner, role: 'admin' })).status, 400)
  const both = [owner, { ...owner, email: 'Eve@Example.com' }]
  const answers = await Promise.all(both.map((body) => call<Me>('POST', '/api/setup', body)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409])
  assert.equal((await call('POST', '/api/setup', owner)).status, 409)
  assert.equal((await call('GET', '/api/system')).body.setup_needed, false)
  const [winner] = answers.filter(({ status }) => status === 201)
  assert.ok(winner)
  ownerEmail = both[answers.indexOf(winner)]?.email.toLowerCase() ?? ''
  const set = winner.headers.getSetCookie().join('\n')
  assert.match(set, /HttpOnly/)
  assert.match(set, /SameSite=Strict/i)
  const me = await call<Me>('GET', '/api/me', undefined, { cookie: cookieOf(winner) })
  assert.deepEqual([me.body.type, me.body.name], ['person', 'Ada'])
})

test('people cannot sign up by themselves', async () => {
  for (const path of [
    'sign-up/email',
    'sign-in/social',
    'delete-user',
    'change-email',
    'reset-password',
    'request-password-reset',
    'admin',
    '',
  ]) {
    const answer = await call(
      'POST',
      `/api/auth/${path}`,
      { email: 'x@example.com', password: PASSWORD, name: 'x' },
      { origin: server.url },
    )
    assert.equal(answer.status, 404, path)
  }
})

test('a Host that is no host opens no other door of the accounts, and is never an error of ours', async () => {
  const hosts = [
    'x/api/auth/ok?',
    'x/api/auth/error?',
    'x#',
    'x?',
    'a b',
    '[',
    'u@x',
    'x\\y',
    '::::',
    'x:99999',
    '1.2.3.999',
    'é',
  ]
  for (const host of hosts) {
    for (const path of ['/api/auth/get-session', '/api/me', '/hooks/0123456789abcdef']) {
      const answer = await sendRaw(server.url, [`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`])
      const expected = /^(x:99999|1\.2\.3\.999)$/.test(host) ? [400, 401, 405] : [400]
      assert.ok(expected.includes(answer.status), `${host} ${path}: ${answer.text}`)
    }
  }
  for (const host of ['', 'hr.example.com', 'hr_1:4400', '[::1]:4400', '127.0.0.1']) {
    const answer = await sendRaw(server.url, [
      `GET /api/auth/get-session HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    ])
    assert.deepEqual([answer.status, answer.body], [200, 'null'], host)
  }
})

test('A02 other sites can change nothing with a signed-in browser', async () => {
  const answer = await signInAgain(PASSWORD)
  assert.equal(answer.status, 200, answer.text)
  const cookie = cookieOf(answer)
  const body = { name: 'x', kind: 'pull' }
  const attempts: Record<string, string>[] = [
    { cookie, origin: 'https://evil.test' },
    { cookie, origin: 'null' },
    { cookie, 'sec-fetch-site': 'cross-site' },
    { cookie, 'sec-fetch-site': 'same-site' },
    { cookie, origin: `${server.url}.evil.test` },
  ]
  for (const headers of attempts) {
    assert.equal((await call('POST', '/api/workflows', body, headers)).status, 403, JSON.stringify(headers))
    assert.equal((await call('POST', '/api/auth/sign-out', {}, headers)).status, 403, JSON.stringify(headers))
  }
  const form = await fetch(new URL('/api/workflows', server.url), {
    method: 'POST',
    headers: { cookie, 'content-type': 'text/plain' },
    body: JSON.stringify(body),
  })
  assert.equal(form.status, 415)
  assert.equal((await call('POST', '/api/workflows', body, page(cookie))).status, 201)
  // A key in the header is no cookie: programs need no origin.
  assert.equal(
    (
      await call('POST', '/api/workflows', body, {
        authorization: `Bearer ${server.apiKey}`,
        origin: 'https://other.test',
      })
    ).status,
    201,
  )
})

test('A04 a session ends at once by signing out, and all others by a changed password', async () => {
  const [first, second] = [cookieOf(await signInAgain(PASSWORD)), cookieOf(await signInAgain(PASSWORD))]
  const status = async (cookie: string) => (await call('GET', '/api/me', undefined, { cookie })).status
  assert.deepEqual([await status(first), await status(second)], [200, 200])
  assert.equal((await call('POST', '/api/auth/sign-out', {}, page(second))).status, 200)
  assert.deepEqual([await status(first), await status(second)], [200, 401])

  const third = cookieOf(await signInAgain(PASSWORD))
  const changed = await call(
    'POST',
    '/api/auth/change-password',
    { currentPassword: PASSWORD, newPassword: `${PASSWORD}!` },
    page(third),
  )
  assert.equal(changed.status, 200, changed.text)
  assert.deepEqual([await status(first), await status(third)], [401, 401])
  assert.equal(await status(cookieOf(changed)), 200)
  assert.equal((await signInAgain(PASSWORD)).status, 401)
})

test('A03 A11 sign-ins are limited, whatever address a client claims, and reveal no accounts', async () => {
  const known = await signInAgain('wrong password')
  const unknown = await until(async () => {
    const answer = await call(
      'POST',
      '/api/auth/sign-in/email',
      { email: 'nobody@example.com', password: 'wrong password' },
      { origin: server.url },
    )
    return answer.status === 429 ? null : answer
  })
  assert.deepEqual([known.status, known.text], [401, unknown.text])
  const addresses = Array.from({ length: 5 }, (_, index) => `10.0.0.${index}`)
  const claimed = addresses.map((address) =>
    signIn('wrong', { origin: server.url, 'x-forwarded-for': address, 'x-workflows-client-address': address }),
  )
  const statuses = (await Promise.all(claimed)).map(({ status }) => status)
  assert.ok(statuses.includes(429), statuses.join())
})

test('an API key is shown once, works, and stops when it is revoked', async () => {
  const made = await must(server.api<Key>('POST', '/api/keys', { name: 'ci' }), 201)
  assert.match(made.key, /^wf_[\w-]{43}$/)
  const asKey = (path: string) => call<Me>('GET', path, undefined, { authorization: `Bearer ${made.key}` })
  assert.deepEqual((await asKey('/api/me')).body, {
    type: 'api_key',
    id: made.id,
    name: 'ci',
    role: null,
    scopes: ['read', 'run', 'write', 'admin'],
  })
  const list = await server.api('GET', '/api/keys')
  assert.ok(!list.text.includes(made.key) && list.text.includes(made.prefix))
  await must(server.api('DELETE', `/api/keys/${made.id}`), 204)
  assert.equal((await asKey('/api/me')).status, 401)
  assert.equal((await server.api('DELETE', `/api/keys/${made.id}`)).status, 404)
  assert.equal((await server.api('DELETE', '/api/keys/key_unknown')).status, 404)
  assert.equal((await server.api('POST', '/api/keys', { name: '' })).status, 400)
})

test('A05 an API key may do what its scopes say, and nothing else', async () => {
  const calls = [
    ['read', 'GET', '/api/workflows', undefined, 200],
    ['run', 'POST', '/api/workflows/wf_none/runs', {}, 404],
    ['write', 'PATCH', '/api/workflows/wf_none', { description: '' }, 404],
    ['admin', 'GET', '/api/keys', undefined, 200],
  ] as const
  for (const [scope] of calls) {
    const { key } = await must(server.api<Key>('POST', '/api/keys', { name: scope, scopes: [scope] }), 201)
    for (const [needed, method, path, body, done] of calls) {
      const { status } = await call(method, path, body, { authorization: `Bearer ${key}` })
      assert.equal(status, scope === needed ? done : 403, `${method} ${path} with the scope ${scope}`)
    }
  }
})

test('every change is in the audit log, by whom, and keys never are in any output', async () => {
  const made = await must(server.api<Key>('POST', '/api/keys', { name: 'audited' }), 201)
  const workflow = await must(
    server.api<{ id: string }>('POST', '/api/workflows', { name: 'audited', kind: 'catch' }),
    201,
  )
  await must(
    server.api('PUT', `/api/workflows/${workflow.id}/settings/k`, { value: 'a secret value', secret: true }),
    200,
  )
  await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { enabled: false }), 200)
  await must(server.api('DELETE', `/api/workflows/${workflow.id}/settings/k`), 204)
  type Entry = { action: string; by: Me; workflow_id: string | null; detail: string }
  const { data } = await must(server.api<{ data: Entry[] }>('GET', '/api/audit?limit=5'), 200)
  assert.deepEqual(
    data.map(({ action }) => action),
    ['setting.delete', 'workflow.update', 'setting.set', 'workflow.create', 'key.create'],
  )
  assert.ok(data.every(({ by }) => by.type === 'api_key'))
  const whole = await server.api('GET', '/api/audit?limit=200')
  for (const action of ['owner.create', 'session.create', 'session.refuse', 'key.revoke'])
    assert.ok(whole.text.includes(`"${action}"`), action)
  const everything = whole.text + server.output()
  for (const secret of [made.key, server.apiKey, PASSWORD, 'a secret value']) assert.ok(!everything.includes(secret))
  assert.equal((await server.api('DELETE', '/api/audit')).status, 405)
})

test('accounts and keys are there after a restart, and no token is printed any more', async () => {
  const made = await must(server.api<Key>('POST', '/api/keys', { name: 'lasting' }), 201)
  const own = await startServer()
  await own.stop()
  await server.stop()
  const again = await startServer({ dataDir: server.dataDir })
  try {
    const me = await readAnswer<Me>(
      await fetch(`${again.url}/api/me`, { headers: { authorization: `Bearer ${made.key}` } }),
    )
    assert.deepEqual([me.status, me.body.name], [200, 'lasting'])
    assert.ok(!again.output().includes('/setup#token='))
    assert.equal((await readAnswer<Body>(await fetch(`${again.url}/api/system`))).body.setup_needed, false)
  } finally {
    await again.stop()
    await own.close()
  }
})
