/** What a provider may answer at a sign-in: no answer keeps a browser waiting or fills memory, and no forged token counts. */

import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { memoryOf } from '../../../helpers/memory.ts'
import { freePort, startServer } from '../../../helpers/server.ts'
import { must, until } from '../../../helpers/workflows.ts'

/** The server waits 10 s for each answer. */
const MAX_MS = 45_000
const MAX_MIB = 200
/** Its limit is 256 KiB, and sockets have buffers. */
const MAX_FLOODED = 16 * 1024 * 1024

const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
const JWK = { ...own.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }

type Claims = Readonly<Record<string, unknown>>
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
function tokenOf(claims: Claims, key: KeyObject = own.privateKey, header: object = { alg: 'RS256', kid: 'k' }): string {
  const text = `${part(header)}.${part(claims)}`
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`
}

const send = (response: ServerResponse, body: unknown) =>
  void response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
const drip = (response: ServerResponse) => {
  const timer = setInterval(() => response.write(' '), 100)
  response.once('close', () => clearInterval(timer))
}
/** Bytes that the server took of answers without an end. */
let flooded = 0
const flood = (response: ServerResponse) => {
  const { socket } = response
  response.once('close', () => {
    flooded += socket?.bytesWritten ?? 0
  })
  const more = () => {
    while (!response.destroyed && response.write(' '.repeat(1 << 20)));
  }
  response.on('drain', more)
  more()
}

const SEVERAL = ['workflows', 'other']
type Answering = (response: ServerResponse, claims: Claims) => void
const token = (idToken: (claims: Claims) => string): Answering => {
  return (response, claims) => send(response, { access_token: 'a', token_type: 'Bearer', id_token: idToken(claims) })
}
/** Answers of the token endpoint. None signs in. */
const ANSWERS: Readonly<Record<string, Answering>> = {
  silent: () => {},
  drip,
  flood,
  page: (response) => void response.end('<p>Sign in</p>'),
  redirects: (response) => void response.writeHead(307, { location: '/other' }).end(),
  empty: token(() => ''),
  malformed: token(() => 'a.b.c'),
  'wrong issuer': token((claims) => tokenOf({ ...claims, iss: 'http://provider.example' })),
  'wrong audience': token((claims) => tokenOf({ ...claims, aud: 'other' })),
  'several audiences': token((claims) => tokenOf({ ...claims, aud: SEVERAL })),
  'several audiences for another client': token((claims) => tokenOf({ ...claims, aud: SEVERAL, azp: 'other' })),
  'for another client': token((claims) => tokenOf({ ...claims, azp: 'other' })),
  expired: token((claims) => tokenOf({ ...claims, iat: 1, exp: 2 })),
  'for later': token((claims) => tokenOf({ ...claims, nbf: Number(claims.exp) })),
  'without nonce': token((claims) => tokenOf({ ...claims, nonce: undefined })),
  'other nonce': token((claims) => tokenOf({ ...claims, nonce: 'other' })),
  'other key': token((claims) => tokenOf(claims, other.privateKey)),
  'key of its own': token((claims) =>
    tokenOf(claims, other.privateKey, { alg: 'RS256', jwk: other.publicKey.export({ format: 'jwk' }) }),
  ),
  unsigned: token((claims) => `${part({ alg: 'none', kid: 'k' })}.${part(claims)}.`),
  'userinfo floods': token(({ email: _, ...claims }) => tokenOf(claims)),
}

let floods: string | undefined
let answering: Answering = ANSWERS.silent ?? assert.fail()
let nonce = ''
const provider = createServer((request, response) => {
  const issuer = `http://${request.headers.host}`
  const at = (path: string) => `${issuer}${path}`
  const now = Math.floor(Date.now() / 1000)
  const person = { sub: 'ada', email: 'ada@example.com', email_verified: true, name: 'Ada' }
  const claims = { iss: issuer, aud: 'workflows', nonce, iat: now, exp: now + 300, ...person }
  if (request.url === floods) flood(response)
  else if (request.url === '/token') answering(response, claims)
  else if (request.url === '/other') token((given) => tokenOf(given))(response, claims)
  else if (request.url === '/keys') send(response, { keys: [JWK] })
  else if (request.url === '/userinfo') flood(response)
  else
    send(response, {
      issuer,
      authorization_endpoint: at('/authorize'),
      token_endpoint: at('/token'),
      userinfo_endpoint: at('/userinfo'),
      jwks_uri: at('/keys'),
      id_token_signing_alg_values_supported: ['RS256'],
    })
})
await new Promise<void>((done) => provider.listen(0, '127.0.0.1', done))
const port = await freePort()
const url = `http://localhost:${port}`
const server = await startServer({
  env: {
    WORKFLOWS_PORT: String(port),
    WORKFLOWS_PUBLIC_URL: url,
    WORKFLOWS_TRUSTED_PROXIES: '127.0.0.1,::1',
    WORKFLOWS_OIDC_ISSUER: `http://localhost:${(provider.address() as AddressInfo).port}`,
    WORKFLOWS_OIDC_CLIENT_ID: 'workflows',
    WORKFLOWS_OIDC_CLIENT_SECRET: 'secret',
  },
})
after(async () => {
  provider.closeAllConnections()
  provider.close()
  await server.close()
})

let addresses = 0
/** Returns the path that the browser is sent to. */
async function signIn(given: Answering): Promise<string> {
  // From another address each time, because sign-ins of one are limited.
  addresses += 1
  const headers = { 'x-forwarded-for': `198.51.100.${addresses}`, origin: url }
  const body = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: '{}' }
  const begun = await fetch(`${url}/api/auth/sign-in/oidc`, body)
  if (!begun.ok) return String(begun.status)
  const asked = new URL(((await begun.json()) as { url: string }).url)
  answering = given
  nonce = asked.searchParams.get('nonce') ?? ''
  const cookie = begun.headers.getSetCookie().map((line) => line.split(';')[0])
  const state = encodeURIComponent(asked.searchParams.get('state') ?? '')
  const answer = await fetch(`${url}/api/auth/callback/oidc?code=c&state=${state}`, {
    redirect: 'manual',
    headers: { ...headers, cookie: cookie.join('; ') },
    signal: AbortSignal.timeout(MAX_MS),
  })
  return `${answer.status} ${(answer.headers.get('location') ?? '').replace(url, '')}`
}

test('Z3-112 addresses and keys of a provider without an end are not read to their end', async () => {
  await must(server.api('POST', '/api/invitations', { email: 'ada@example.com', role: 'editor' }), 201)
  const valid = token((claims) => tokenOf(claims))
  for (const [path, expected] of [
    ['/.well-known/openid-configuration', /^503$/],
    ['/keys', /^302 \/sign-in\?error=\w+$/],
  ] as const) {
    floods = path
    assert.match(await signIn(valid), expected, path)
    await until(async () => flooded > 0)
    assert.ok(flooded < MAX_FLOODED, `${path}: ${flooded} bytes`)
    flooded = 0
  }
  floods = undefined
})

test('Z3-104 Z3-106 no answer of a provider keeps a browser waiting or fills memory, and no forged token signs in', async () => {
  const before = await memoryOf(server)
  for (const [name, given] of Object.entries(ANSWERS))
    assert.match(await signIn(given), /^302 \/sign-in\?error=\w+$/, name)
  const grown = (await memoryOf(server)) - before
  assert.ok(grown < MAX_MIB, `${grown} MiB`)
  assert.equal(await signIn(token((claims) => tokenOf(claims))), '302 /')
  assert.equal(await signIn(token((claims) => tokenOf({ ...claims, aud: SEVERAL, azp: 'workflows' }))), '302 /')
})
