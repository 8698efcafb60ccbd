/** Sign-ins of connections at a real OAuth server, and the attacks on them. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { exportZip, sendZip, unzip, zip } from '../../helpers/archives.ts'
import {
  beginSignIn,
  CALLING,
  callback,
  createConnection,
  envFor,
  hookOn,
  readConnection,
  signIn,
  startProvider,
} from '../../helpers/connections.ts'
import type { OAuthProvider } from '../../helpers/oauth-provider.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { callHook, createCatch, must, type RunBody, runOf, until } from '../../helpers/workflows.ts'

let provider: OAuthProvider
let server: TestServer
before(async () => {
  provider = await startProvider()
  server = await startServer({ env: envFor(provider) })
})
after(async () => {
  await server.close()
  await provider.close()
})

test('a person signs in once, and a function calls the service with the token, which no answer shows', async () => {
  const made = await createConnection(server, provider)
  assert.deepEqual([made.status, made.account, made.expires_at], ['new', null, null])
  assert.doesNotMatch(JSON.stringify(made), /a secret: of the connector/)
  const connected = await signIn(server, provider, made.id)
  assert.deepEqual([connected.status, connected.account], ['connected', 'ada@example.com'])
  assert.ok(Date.parse(String(connected.expires_at)) > Date.now())
  const workflow = await createCatch(server, {
    source: CALLING,
    settings: { URL: provider.serviceUrl },
    connections: ['ats'],
  })
  assert.equal((await callHook(hookOn(server, workflow), {})).text, '200')
  assert.deepEqual((await readConnection(server, made.id)).used_by, [
    { workflow_id: workflow.id, workflow_name: workflow.name },
  ])
  const printing = 'def workflow(r, s):\n    print(s["ats"])\n    return {"status_code": 200, "body": str(s["ats"])}\n'
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: printing }), 201)
  const told = await callHook(hookOn(server, workflow), {})
  assert.match(told.text, /'account': 'ada@example.com'/)
  assert.match(told.text, /'token_type': 'Bearer'/)
  const token = /'access_token': '([^']+)'/.exec(told.text)?.[1]
  assert.ok(token && token !== '***', told.text)
  const { data } = await must(server.api<{ data: RunBody[] }>('GET', `/api/workflows/${workflow.id}/runs`), 200)
  const stored = await server.api('GET', `/api/runs/${data[0]?.id}`)
  const logs = await server.api('GET', `/api/runs/${data[0]?.id}/logs`)
  assert.ok(!`${stored.text}${logs.text}`.includes(token), 'the token is in the stored run')
  assert.match(logs.text, /\*\*\*/)
  const actions = (await must(server.api<{ data: { action: string }[] }>('GET', '/api/audit'), 200)).data
  for (const action of ['connection.create', 'connection.authorize', 'connection.sign_in'])
    assert.ok(
      actions.some((line) => line.action === action),
      action,
    )
  const used = await server.api('DELETE', `/api/connections/${made.id}`)
  assert.deepEqual([used.status, used.body.code], [409, 'conflict'])
  assert.match(String(used.body.detail), new RegExp(workflow.id))
  await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { connections: [] }), 200)
  const ended = await must(server.api('POST', `/api/connections/${made.id}/disconnect`), 200)
  assert.equal(ended.status, 'new')
  const refused = await fetch(provider.serviceUrl, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(refused.status, 401, 'the provider revoked the token')
  await must(server.api('DELETE', `/api/connections/${made.id}`), 204)
})

test('a wrong, used or foreign state is 400 and changes nothing, and so is an answer of another provider', async () => {
  const { id } = await createConnection(server, provider, { name: 'attacked' })
  const refused = async (url: string, what: string, by: TestServer = server) => {
    const response = await callback(by, url)
    assert.equal(response.status, 400, what)
    assert.equal(((await response.json()) as { code: string }).code, 'bad_request', what)
    assert.equal((await readConnection(server, id)).status, 'new', what)
  }
  const wrong = new URL(await beginSignIn(server, provider, id))
  const mixedUp = new URL(wrong)
  wrong.searchParams.set('state', 'another')
  await refused(wrong.href, 'a wrong state')
  mixedUp.searchParams.set('iss', 'https://attacker.example')
  await refused(mixedUp.href, 'the issuer of another provider')
  await refused(mixedUp.href, 'a used state')
  const denied = new URL(await beginSignIn(server, provider, id))
  denied.searchParams.delete('code')
  denied.searchParams.set('error', 'access_denied')
  await refused(denied.href, 'a refusal')
  const foreign = await beginSignIn(server, provider, id)
  const { key } = await must(
    server.api<{ key: string }>('POST', '/api/keys', { name: 'other', scopes: ['read', 'write', 'run', 'admin'] }),
    201,
  )
  await refused(foreign, 'the state of another key', { ...server, apiKey: key })
  const page = await (await fetch(`${foreign}&x=%22%3E%3Cscript%3E'`)).text()
  assert.match(page, /^[^"<]*<!doctype html><title>Workflows<\/title><meta http-equiv="refresh" content="[^"<>]+">$/)
  const unknown = new URL(foreign)
  unknown.searchParams.set('state', 'another')
  assert.equal((await fetch(unknown)).status, 400, 'a wrong state without a session')
  const anonymous = await fetch(`${foreign}&again=1`, { redirect: 'manual' })
  assert.equal(anonymous.status, 401)
  assert.equal((await callback(server, foreign)).status, 303, 'its own key still ends the sign-in')
  const again = await callback(server, foreign)
  assert.equal(again.status, 400, 'a used state')
  assert.equal((await fetch(foreign)).status, 400, 'a used state without a session')
  assert.equal((await readConnection(server, id)).status, 'connected')
})

test('client credentials need no sign-in, and a connection is tested with a harmless call', async () => {
  const fields = { name: 'machine', grant: 'client_credentials', scopes: ['candidates'], userinfo_url: null }
  const { id } = await createConnection(server, provider, fields)
  const authorize = await server.api('POST', `/api/connections/${id}/authorize`)
  assert.equal(authorize.status, 409)
  const tested = await must(server.api('POST', `/api/connections/${id}/test`), 200)
  assert.equal(tested.ok, true, JSON.stringify(tested))
  assert.equal((await readConnection(server, id)).status, 'connected')
  const { id: other } = await createConnection(server, provider, { name: 'tested' })
  const before = await must(server.api('POST', `/api/connections/${other}/test`), 200)
  assert.deepEqual([before.ok, before.status], [false, null])
  await signIn(server, provider, other)
  const found = await must(server.api('POST', `/api/connections/${other}/test`), 200)
  assert.deepEqual([found.ok, found.status], [true, 200], JSON.stringify(found))
})

test('a function cannot change its token, and a setting of the same name is refused both ways', async () => {
  const fields = { name: 'fixed', grant: 'client_credentials', scopes: ['candidates'] }
  await createConnection(server, provider, fields)
  const changing = 'def workflow(r, s):\n    s["fixed"] = 1\n'
  const { id } = await createCatch(server, { source: changing, connections: ['fixed'] })
  const run = await must(server.api<RunBody>('POST', `/api/workflows/${id}/runs`, {}), 200)
  assert.deepEqual([run.status, run.code], ['failed', 'invalid_settings'])
  const put = await server.api('PUT', `/api/workflows/${id}/settings/fixed`, { value: 1 })
  assert.deepEqual([put.status, put.body.code], [409, 'conflict'])
  const other = await createCatch(server, { source: changing, settings: { fixed: 1 } })
  const patched = await server.api('PATCH', `/api/workflows/${other.id}`, { connections: ['fixed'] })
  assert.deepEqual([patched.status, patched.body.code], [409, 'conflict'])
  const unknown = await server.api('PATCH', `/api/workflows/${other.id}`, { connections: ['nothing'] })
  assert.deepEqual([unknown.status, unknown.body.code], [400, 'bad_request'])
})

test('an exported folder names its connections without secrets, and an import needs connections of these names', async () => {
  const { id: connection } = await createConnection(server, provider, { name: 'exported' })
  await signIn(server, provider, connection)
  const { id } = await createCatch(server, { source: CALLING, name: 'to export', connections: ['exported'] })
  const { bytes } = await exportZip(server, id)
  const files = unzip(bytes)
  const [path = ''] = Object.keys(files).filter((name) => name.endsWith('/workflow.yaml'))
  assert.match(files[path] ?? '', /^connections:\n {2}- exported$/m)
  assert.doesNotMatch(JSON.stringify(files), /a secret: of the connector|access_token":|refresh/)
  const copy = await sendZip<{ workflow: { connections: string[] } }>(server, '/api/workflows/import', bytes)
  assert.equal(copy.status, 201, copy.text)
  const unknown = zip({ ...files, [path]: (files[path] ?? '').replace('- exported', '- nothing') })
  const refused = await sendZip(server, '/api/workflows/import', unknown)
  assert.deepEqual([refused.status, refused.body.code], [400, 'bad_request'])
})

test('a revoked sign-in sends an alert, callers get 503, and a queued run succeeds after a new sign-in', async () => {
  const { id: connection } = await createConnection(server, provider, { name: 'revoked' })
  const source = 'def workflow(r, s):\n    return {"status_code": 200, "body": s["revoked"]["token_type"]}\n'
  const retries = { count: 5, backoff_seconds: 1 }
  const workflow = await createCatch(server, { source, connections: ['revoked'], retries })
  const call = () => callHook(hookOn(server, workflow), {})
  const config = { url: `${provider.issuer}/alerts`, secret: `whsec_${Buffer.alloc(16, 7).toString('base64')}` }
  const made = { name: 'ops', type: 'webhook', config }
  const { id: channel } = await must(server.api<{ id: string }>('POST', '/api/channels', made), 201)
  const alerts = { channels: [channel], on: ['connection_lost'] }
  await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { alerts }), 200)
  provider.ttl = 30
  await signIn(server, provider, connection)
  await provider.revokeAll()
  const refused = await call()
  assert.deepEqual([refused.status, refused.body.code], [503, 'connection_unavailable'])
  assert.equal((await readConnection(server, connection)).status, 'needs_sign_in')
  const asked = provider.tokenRequests.length
  assert.equal((await call()).status, 503)
  assert.equal(provider.tokenRequests.length, asked, 'the provider is not asked again')
  const list = await must(server.api<{ data: { type: string }[] }>('GET', '/api/alerts'), 200)
  assert.deepEqual(
    list.data.map(({ type }) => type),
    ['connection_lost'],
  )
  const runs = `/api/workflows/${workflow.id}/runs`
  const accepted = await callHook(hookOn(server, workflow), {}, { headers: { prefer: 'respond-async' } })
  assert.equal(accepted.status, 202)
  const started = await runOf(server, accepted)
  const ended = await until(async () => {
    const run = await must(server.api<RunBody>('GET', `/api/runs/${started.id}`), 200)
    return run.status === 'failed' ? run : null
  })
  assert.equal(ended.code, 'connection_unavailable')
  provider.ttl = 3600
  await signIn(server, provider, connection)
  await until(async () => {
    const { data } = await must(server.api<{ data: RunBody[] }>('GET', runs), 200)
    return data.some((run) => run.retry_of === started.id && run.status === 'succeeded') ? true : null
  })
  assert.equal((await call()).text, 'Bearer')
})
