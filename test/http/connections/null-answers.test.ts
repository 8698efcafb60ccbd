/** Providers that write `null` for a field of a token that they do not set. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { Connection, Grant } from '../../../src/domain/connections/connection.ts'
import { CONFIGURED_KEY } from '../../../src/domain/shared/actor.ts'
import { createOAuthClient } from '../../../src/http/connections/oauth-client.ts'

const NULLS = { token_type: null, expires_in: null, refresh_token: null, scope: null, id_token: null }

let provider: Server
let port: number
let answer: { status: number; body: object }
before(async () => {
  provider = createServer((_request, response) =>
    response.writeHead(answer.status).end(JSON.stringify(answer.body)),
  ).listen(0, '127.0.0.1')
  await once(provider, 'listening')
  port = (provider.address() as AddressInfo).port
})
after(() => provider.close())

const clientOf = () =>
  createOAuthClient({ egress: { allow: [{ host: '127.0.0.1', port }], deny: [] }, now: () => 1000 })

const connectionFor = (grant: Grant): Connection => ({
  id: 'conn_a',
  name: 'ats',
  config: {
    provider: 'oauth2',
    clientId: 'c',
    grant,
    clientAuth: 'basic',
    scopes: [],
    extraParameters: {},
    issuer: null,
    authorizationUrl: null,
    tokenUrl: `http://127.0.0.1:${port}/token`,
    revocationUrl: null,
    userinfoUrl: null,
  },
  clientSecret: 'a secret of the client',
  status: 'new',
  account: null,
  expiresAt: null,
  refreshedAt: null,
  problem: null,
  createdBy: CONFIGURED_KEY,
  createdAt: 0,
})

const signIn = () =>
  clientOf().exchange(connectionFor('authorization_code'), {
    parameters: new URLSearchParams({ code: 'a code', state: 'a state' }),
    state: 'a state',
    verifier: 'v'.repeat(43),
    redirectUri: 'http://workflows.example/connections/callback',
  })

test('a field of a token that is null counts as absent, in a sign-in, a refresh and a grant of a client', async () => {
  answer = { status: 200, body: { access_token: 't', name: 'Ada', ...NULLS } }
  const expected = { accessToken: 't', tokenType: 'Bearer', refreshToken: null, expiresAt: null, account: 'Ada' }
  assert.deepEqual(await signIn(), expected)
  const held = { ...expected, refreshToken: 'r' }
  assert.deepEqual(await clientOf().refresh(connectionFor('authorization_code'), held), expected)
  assert.deepEqual(await clientOf().refresh(connectionFor('client_credentials'), null), expected)
})

test('a provider that refuses with null beside its error is quoted', async () => {
  const refusal = { access_token: null, error: 'invalid_grant', error_description: null, ...NULLS }
  for (const status of [200, 400]) {
    answer = { status, body: refusal }
    await assert.rejects(signIn(), { problem: 'lost', message: 'The provider refused: invalid_grant' })
  }
})

test('an answer without a token is an error, also if the token is null', async () => {
  answer = { status: 200, body: { access_token: null, ...NULLS } }
  await assert.rejects(signIn(), { problem: 'unclear' })
})
