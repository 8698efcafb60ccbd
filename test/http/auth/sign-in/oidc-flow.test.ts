/** Attacks on a sign-in by a live provider: the answer of one browser in another, codes again, hostile claims and paths. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type People, startOidcProvider } from '../../../helpers/oidc-provider.ts'
import { freePort, readAnswer, startServer } from '../../../helpers/server.ts'
import { until } from '../../../helpers/workflows.ts'

const ADA = { email: 'ada@example.com', email_verified: true, name: 'Ada', groups: ['admins'] }
const PEOPLE: People = {
  ada: ADA,
  zero: { ...ADA, email: 'ada@example.com\0' },
  blank: { ...ADA, email: 'ada@example.com\u200b' },
  unverified: { ...ADA, email_verified: false },
  grouped: { ...ADA, groups: [] },
  eve: { ...ADA, email: 'eve@example.com', name: 'Eve\u001b[2J\r\nX', groups: ['hr'] },
}

const port = await freePort()
const url = `http://localhost:${port}`
const provider = await startOidcProvider(url, PEOPLE)
const server = await startServer({
  env: {
    WORKFLOWS_PORT: String(port),
    WORKFLOWS_PUBLIC_URL: url,
    WORKFLOWS_OIDC_ISSUER: provider.issuer,
    WORKFLOWS_OIDC_CLIENT_ID: provider.clientId,
    WORKFLOWS_OIDC_CLIENT_SECRET: provider.clientSecret,
    WORKFLOWS_OIDC_NAME: 'Example Login',
    WORKFLOWS_OIDC_ROLE_CLAIM: 'groups',
    WORKFLOWS_OIDC_ROLES: 'owner=admins,editor=hr',
  },
})
after(async () => {
  await server.close()
  await provider.close()
})

/** The cookies of a browser. */
class Browser {
  readonly #cookies = new Map<string, string>()

  async go(address: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { cookie, ...Object.fromEntries(new Headers(init.headers)) }
    const response = await fetch(address, { redirect: 'manual', ...init, headers })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      this.#cookies.set(name, value)
    }
    return response
  }

  async post(path: string, body: unknown): Promise<Response> {
    const headers = { 'content-type': 'application/json', origin: url, 'sec-fetch-site': 'same-origin' }
    return await this.go(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  /** Begins a sign-in. Returns the address at the provider. */
  async start(): Promise<string> {
    return (await readAnswer<{ url: string }>(await this.post('/api/auth/sign-in/oidc', {}))).body.url
  }

  /** Logs in at the provider. Returns the address that leads back to the app. */
  async logIn(address: string, login: string): Promise<string> {
    let at = address
    for (let step = 0; step < 12 && !at.startsWith(url); step += 1) {
      const page = await this.go(at)
      const html = await page.text()
      const [, action] = /action="([^"]+)"/.exec(html) ?? []
      const [, prompt = ''] = /name="prompt" value="(\w+)"/.exec(html) ?? []
      const body = new URLSearchParams({ prompt, login, password: 'x' })
      const next = action === undefined ? page : await this.go(new URL(action, at).href, { method: 'POST', body })
      at = new URL(next.headers.get('location') ?? '', at).href
    }
    return at
  }

  async isSignedIn(): Promise<boolean> {
    return (await this.go(`${url}/api/me`)).status === 200
  }
}

const errorOf = (response: Response): string | null =>
  new URL(response.headers.get('location') ?? '', url).searchParams.get('error')

test('an answer of the provider counts once, and in the browser that asked only', async () => {
  const owner = new Browser()
  const token = await until(async () => /\/setup#token=([\w-]+)/.exec(server.output())?.[1])
  const account = { token, name: 'Ada', email: ADA.email, password: 'correct horse battery' }
  assert.equal((await owner.post('/api/setup', account)).status, 201)

  const ada = new Browser()
  const answer = await new Browser().logIn(await ada.start(), 'ada')
  const other = new Browser()
  await other.start()
  assert.equal(errorOf(await other.go(answer)), 'state_mismatch')
  assert.equal(errorOf(await new Browser().go(answer)), 'state_mismatch')
  assert.deepEqual([await other.isSignedIn(), await ada.isSignedIn()], [false, false])
  assert.equal(errorOf(await ada.go(answer)), null)
  assert.equal(await ada.isSignedIn(), true)
  assert.equal(errorOf(await ada.go(answer)), 'state_mismatch')

  // The code of one sign-in with the state of another one: PKCE and the nonce refuse it.
  const stolen = new URL(await new Browser().logIn(await new Browser().start(), 'ada'))
  const victim = new Browser()
  const asked = new URL(await victim.start())
  stolen.searchParams.set('state', asked.searchParams.get('state') ?? '')
  assert.equal(errorOf(await victim.go(stolen.href)), 'invalid_code')
  assert.equal(await victim.isSignedIn(), false)
  assert.equal(asked.searchParams.get('code_challenge_method'), 'S256')
})

test('claims that are nearly those of an account do not sign in', async () => {
  const expected = {
    zero: 'email_not_found',
    blank: 'not_invited',
    unverified: 'email_not_verified',
    grouped: 'no_role',
  }
  for (const [login, error] of Object.entries(expected)) {
    const browser = new Browser()
    const answer = await new Browser().logIn(await browser.start(), login)
    assert.equal(errorOf(await browser.go(answer)), error, login)
    assert.equal(await browser.isSignedIn(), false, login)
  }
})

test('Z3-10 a name that the provider sends holds no control characters', async () => {
  const invitation = await server.api('POST', '/api/invitations', { email: 'eve@example.com', role: 'viewer' })
  assert.equal(invitation.status, 201, invitation.text)
  const browser = new Browser()
  await browser.go(await new Browser().logIn(await browser.start(), 'eve'))
  const { body: me } = await readAnswer<{ name: string; role: string }>(await browser.go(`${url}/api/me`))
  assert.deepEqual([me.name, me.role], ['Eve [2J  X', 'editor'])
})

test('a sign-in leads to a path of the app only', async () => {
  const nexts = [
    '//evil',
    '/\\evil',
    '/\t/evil',
    'https://evil',
    'javascript:alert(1)',
    '/x\r\nSet-Cookie: a=b',
    5,
    ['/x'],
  ]
  for (const next of nexts) {
    assert.equal((await new Browser().post('/api/auth/sign-in/oidc', { next })).status, 400, String(next))
  }
  for (const query of [
    'error=<script>',
    'error=a&error_description=%0d%0aX: y',
    'code=x',
    'state=__proto__&code=%00',
  ]) {
    const browser = new Browser()
    await browser.start()
    const { headers } = await browser.go(`${url}/api/auth/callback/oidc?${query}`)
    assert.match(headers.get('location') ?? '', /^http:\/\/localhost:\d+\/sign-in\?error=\w+$/, query)
  }
})
