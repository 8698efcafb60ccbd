/** What changes when people reach the server by https: findings 7 and 24 of the security review. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startServer } from '../../helpers/server.ts'

const OWNER = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' }
const server = await startServer({
  env: { WORKFLOWS_PUBLIC_URL: 'https://workflows.example.com', WORKFLOWS_LOGIN_FOR: 'metrics,docs' },
})
after(() => server.close())

test('Y24 every answer has HSTS', async () => {
  for (const path of ['/', '/api/me', '/healthz', '/hooks/none', '/hooks/answers/none']) {
    const response = await fetch(server.url + path)
    assert.equal(response.headers.get('strict-transport-security'), 'max-age=31536000', path)
    await response.body?.cancel()
  }
})

test('Z3-62 no answer may be framed, sniffed, or load anything that its page does not list', async () => {
  const authorization = `Bearer ${server.apiKey}`
  const paths = ['/', '/api/me', '/api/events', '/api/openapi.json', '/api/docs/', '/api/none', '/none', '/healthz']
  for (const path of [...paths, '/metrics', '/hooks/none', '/hooks/answers/none']) {
    const { headers, body } = await fetch(server.url + path, { headers: { authorization } })
    const policy = headers.get('content-security-policy') ?? ''
    assert.match(policy, /^sandbox$|frame-ancestors 'none'/, path)
    assert.match(policy, /^sandbox$|default-src '(none|self)'/, path)
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
    await body?.cancel()
  }
})

test('Y07 the session cookie belongs to this host alone, and other sites do not send it', async () => {
  const [, token = ''] = /setup#token=(\S+)/.exec(server.output()) ?? []
  const response = await fetch(`${server.url}/api/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...OWNER, token }),
  })
  assert.equal(response.status, 201, await response.text())
  const cookie = response.headers.getSetCookie().find((one) => one.includes('session_token')) ?? ''
  assert.match(cookie, /^__Host-workflows\.session_token=/)
  for (const part of [/; *Secure/i, /; *HttpOnly/i, /; *SameSite=Strict/i, /; *Path=\/(?:;|$)/i])
    assert.match(cookie, part)
  assert.doesNotMatch(cookie, /domain=/i)
  const me = await fetch(`${server.url}/api/me`, { headers: { cookie: cookie.split(';')[0] ?? '' } })
  assert.equal(me.status, 200, await me.text())
})

test('Y26 metrics and documents need a log-in where the operator asks for one', async () => {
  for (const path of ['/metrics', '/api/openapi.json', '/api/docs/', '/api/docs/js/scalar.js']) {
    const anonymous = await fetch(server.url + path)
    assert.equal(anonymous.status, 401, path)
    await anonymous.body?.cancel()
    const known = await fetch(server.url + path, { headers: { authorization: `Bearer ${server.apiKey}` } })
    assert.equal(known.status, 200, path)
    await known.body?.cancel()
  }
})
