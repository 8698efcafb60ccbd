/** A disconnect while the provider answers. This provider, as many, revokes only the token that it is sent. */

import assert from 'node:assert/strict'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { callback } from '../../helpers/connections.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { must, until } from '../../helpers/workflows.ts'

let provider: Server
let server: TestServer
let given = 0
let held: ServerResponse | null = null
let holds = false
const revoked: (string | null)[] = []

const answerTokens = (response: ServerResponse) => {
  given += 1
  const tokens = { access_token: `access${given}`, refresh_token: `refresh${given}`, token_type: 'Bearer' }
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ ...tokens, expires_in: 30 }))
}

before(async () => {
  provider = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk
    })
    request.once('end', () => {
      if (request.url === '/revoke') {
        revoked.push(new URLSearchParams(body).get('token'))
        response.end()
      } else if (holds) held = response
      else answerTokens(response)
    })
  })
  await new Promise<void>((done) => provider.listen(0, '127.0.0.1', done))
  const { port } = provider.address() as AddressInfo
  server = await startServer({
    env: { WORKFLOWS_PUBLIC_URL: 'http://workflows.example', WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${port}` },
  })
})
after(async () => {
  await server.close()
  provider.closeAllConnections()
  provider.close()
})

async function create(name: string): Promise<string> {
  const at = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  const urls = { authorization_url: `${at}/authorize`, token_url: `${at}/token`, revocation_url: `${at}/revoke` }
  const body = { name, provider: 'oauth2', client_id: 'c', client_secret: 's', ...urls }
  return (await must(server.api<{ id: string }>('POST', '/api/connections', body), 201)).id
}

async function signIn(id: string): Promise<Response> {
  const { url } = await must(server.api<{ url: string }>('POST', `/api/connections/${id}/authorize`), 200)
  const state = encodeURIComponent(new URL(url).searchParams.get('state') ?? '')
  return await callback(server, `${server.url}/connections/callback?code=c&state=${state}`)
}

async function disconnectDuring(id: string, asking: Promise<unknown>): Promise<void> {
  const answer = await until(async () => held)
  await must(server.api('POST', `/api/connections/${id}/disconnect`), 200)
  held = null
  holds = false
  answerTokens(answer)
  await asking
}

test('Z3-110 a disconnect during a refresh also revokes the token that the refresh brings', async () => {
  const id = await create('refreshed')
  assert.equal((await signIn(id)).status, 303)
  holds = true
  await disconnectDuring(id, server.api('POST', `/api/connections/${id}/test`))
  await until(async () => revoked.length === 2)
  assert.deepEqual(revoked.splice(0), ['refresh1', 'refresh2'])
})

test('Z3-110 a disconnect during the end of a sign-in also revokes its token', async () => {
  const id = await create('signed_in')
  holds = true
  const asking = signIn(id)
  await disconnectDuring(id, asking)
  assert.equal((await asking).status, 409)
  await until(async () => revoked.length === 1)
  assert.deepEqual(revoked, ['refresh3'])
})
