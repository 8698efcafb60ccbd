/** A key that may change a connection, but not read its secret, changes where the secret and the tokens go. */

import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import {
  beginSignIn,
  callback,
  createConnection,
  envFor,
  readConnection,
  signIn,
  startProvider,
} from '../../helpers/connections.ts'
import type { OAuthProvider } from '../../helpers/oauth-provider.ts'
import { callAs, type Sender } from '../../helpers/roles.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { must, until } from '../../helpers/workflows.ts'

let provider: OAuthProvider
let server: TestServer
let thief: Server
let sender: Sender
const stolen: string[] = []
before(async () => {
  thief = createServer((request, response) => {
    stolen.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`)
    request.on('data', (chunk) => stolen.push(String(chunk)))
    request.once('end', () => response.writeHead(500).end())
  })
  await new Promise<void>((done) => thief.listen(0, '127.0.0.1', done))
  provider = await startProvider()
  const env = envFor(provider)
  server = await startServer({
    env: { ...env, WORKFLOWS_EGRESS_ALLOW: `${env.WORKFLOWS_EGRESS_ALLOW},127.0.0.1:${portOfThief()}` },
  })
  const { key } = await must(server.api<{ key: string }>('POST', '/api/keys', { name: 'a', scopes: ['admin'] }), 201)
  sender = { authorization: `Bearer ${key}` }
})
after(async () => {
  await server.close()
  await provider.close()
  thief.close()
})

const portOfThief = () => (thief.address() as AddressInfo).port
const change = (id: string, body: object) => callAs(server, sender, 'PATCH', `/api/connections/${id}`, body)
const elsewhere = () => `http://127.0.0.1:${portOfThief()}/`

test('Z3-105 an address that would receive the client secret needs it again', async () => {
  const { id } = await createConnection(server, provider, { name: 'kept' })
  await signIn(server, provider, id)
  for (const field of ['token_url', 'revocation_url']) {
    const refused = await change(id, { [field]: elsewhere() })
    assert.deepEqual([refused.status, refused.text.includes('client_secret')], [400, true], refused.text)
  }
  await callAs(server, sender, 'POST', `/api/connections/${id}/test`, {})
  assert.equal((await readConnection(server, id)).status, 'connected')
  const same = { token_url: (await readConnection(server, id)).token_url, client_id: provider.clientId }
  await must(change(id, same), 200)
  assert.equal((await readConnection(server, id)).status, 'connected')
  await callAs(server, sender, 'POST', `/api/connections/${id}/disconnect`, {})
  assert.deepEqual(stolen, [])
})

test('Z3-105 no token goes to an address that is changed after the sign-in', async () => {
  for (const field of ['token_url', 'revocation_url', 'userinfo_url']) {
    const { id } = await createConnection(server, provider, { name: field })
    await signIn(server, provider, id)
    const open = await beginSignIn(server, provider, id)
    await must(change(id, { [field]: elsewhere(), client_secret: 'a guess' }), 200)
    assert.equal((await callback(server, open)).status, 400, 'a sign-in that began before')
    await callAs(server, sender, 'POST', `/api/connections/${id}/test`, {})
    await callAs(server, sender, 'POST', `/api/connections/${id}/disconnect`, {})
    const { status, account } = await readConnection(server, id)
    assert.deepEqual([status, account], ['new', null])
    assert.deepEqual(stolen, [], field)
  }
})

test('the audit log names each changed address', async () => {
  const { id } = await createConnection(server, provider, { name: 'named' })
  await must(change(id, { userinfo_url: elsewhere(), revocation_url: null, extra_parameters: { a: 'b' } }), 200)
  type Line = { action: string; changes: { field: string }[] }
  const line = await until(async () =>
    (await must(server.api<{ data: Line[] }>('GET', '/api/audit'), 200)).data.find(
      ({ action }) => action === 'connection.update',
    ),
  )
  const fields = line.changes.map(({ field }) => field).sort()
  assert.deepEqual(fields, ['extra_parameters', 'revocation_url', 'userinfo_url'])
})
