/** Tokens of connections at a real OAuth server that replaces refresh tokens and detects their reuse. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { UserError } from '../../../src/errors.ts'
import { startProvider } from '../../helpers/connections.ts'
import { createDirectory, forEachDatabase } from '../../helpers/databases.ts'
import { addConnection, openRefreshing, signInFor } from '../../helpers/refreshing.ts'
import { until } from '../../helpers/workflows.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const PROGRAM = fileURLToPath(new URL('../../helpers/refreshing.ts', import.meta.url))

const provider = await startProvider()
after(() => provider.close())
beforeEach(() => {
  provider.tokenRequests.length = 0
  provider.faults.length = 0
})

const refreshes = () => provider.tokenRequests.filter(({ grant }) => grant === 'refresh_token')

/** No refresh token was sent again after the provider had replaced it. */
function assertNoReuse(): void {
  const used = refreshes().map(({ refreshToken }) => refreshToken)
  assert.equal(new Set(used).size, used.length, 'a refresh token was used twice')
}

async function statusOf(token: string | undefined): Promise<number> {
  const response = await fetch(provider.serviceUrl, { headers: { authorization: `Bearer ${token}` } })
  await response.body?.cancel()
  return response.status
}

const isUnavailable = (error: UserError) => error.code === 'connection_unavailable'

forEachDatabase(({ engine, createDatabase }) => {
  test('100 runs on all servers refresh a token that ends once, and the service accepts it', async (t) => {
    const options = await createDatabase(t)
    const ids = engine === 'sqlite' ? ['srv_a'] : ['srv_a', 'srv_b', 'srv_c']
    const { target } = provider
    const servers = await Promise.all(ids.map((serverId) => openRefreshing(options, { target, serverId })))
    for (const server of servers) t.after(server.close)
    const [first] = servers
    assert.ok(first)
    const connection = await addConnection(first, provider)
    await signInFor(first, provider, connection, 30, Date.now())
    provider.ttl = 3600
    const runs = Array.from({ length: 100 }, (_, index) => servers[index % servers.length]?.tokens.of(['ats']))
    const found = new Set((await Promise.all(runs)).map((tokens) => tokens?.get('ats')?.accessToken))
    assert.equal(found.size, 1)
    assert.equal(await statusOf([...found][0]), 200)
    assert.equal(refreshes().length, 1)
  })
})

test('a provider that fails is asked again with a pause, and the refresh token is used once', async (t) => {
  let now = Date.now()
  const options = { databaseUrl: null, dataDir: createDirectory(t) }
  const server = await openRefreshing(options, { target: provider.target, serverId: 'srv_a', now: () => now })
  t.after(server.close)
  const connection = await addConnection(server, provider)
  await signInFor(server, provider, connection, 30, now)
  provider.ttl = 3600
  provider.faults.push(503)
  const asked = provider.tokenRequests.length
  const refused = await server.tokens.of(['ats']).catch((error: UserError) => error)
  assert.ok(refused instanceof Error && isUnavailable(refused))
  assert.equal(refused.facts.retryAfterSeconds, 1)
  await assert.rejects(server.tokens.of(['ats']), isUnavailable)
  assert.equal(provider.tokenRequests.length, asked + 1, 'the provider is not asked again during the pause')
  now += 1000
  assert.equal(await statusOf((await server.tokens.of(['ats'])).get('ats')?.accessToken), 200)
  assertNoReuse()
})

test('a token is refreshed early, and one that still works is returned while the provider fails', async (t) => {
  let now = Date.now()
  const options = { databaseUrl: null, dataDir: createDirectory(t) }
  const server = await openRefreshing(options, { target: provider.target, serverId: 'srv_a', now: () => now })
  t.after(server.close)
  const connection = await addConnection(server, provider)
  await signInFor(server, provider, connection, 3600, now)
  const before = (await server.tokens.of(['ats'])).get('ats')?.accessToken
  now += 56 * MINUTE_MS
  provider.faults.push(500)
  assert.equal((await server.tokens.of(['ats'])).get('ats')?.accessToken, before)
  await until(async () => (await server.store.connections.find(connection.id))?.retryAt)
  now += 2 * MINUTE_MS
  assert.equal((await server.tokens.of(['ats'])).get('ats')?.accessToken, before)
  await until(async () => (await server.tokens.of(['ats'])).get('ats')?.accessToken !== before)
  assertNoReuse()
})

test('a refresh token that no run uses is used before it expires', async (t) => {
  let now = Date.now()
  const options = { databaseUrl: null, dataDir: createDirectory(t) }
  const server = await openRefreshing(options, { target: provider.target, serverId: 'srv_a', now: () => now })
  t.after(server.close)
  const connection = await addConnection(server, provider)
  await signInFor(server, provider, connection, 3600, now)
  const isIdle = ({ refreshedAt }: { readonly refreshedAt: number | null }) => now - (refreshedAt ?? 0) >= 6 * DAY_MS
  await server.tokens.refreshIdle(isIdle)
  assert.equal(refreshes().length, 0)
  now += 6 * DAY_MS
  await server.tokens.refreshIdle(isIdle)
  assert.equal(refreshes().length, 1)
  assert.equal((await server.store.connections.find(connection.id))?.refreshedAt, now)
})

for (const moment of ['before', 'after', 'stored'] as const) {
  const when = moment === 'stored' ? 'after it stored the token' : `${moment} the provider answered`
  test(`a process that is killed ${when} leaves a connection that works or needs a sign-in`, async (t) => {
    const dataDir = createDirectory(t)
    const where = { target: provider.target, serverId: 'srv_next' }
    const first = await openRefreshing({ databaseUrl: null, dataDir }, where)
    const connection = await addConnection(first, provider)
    await signInFor(first, provider, connection, 30, Date.now())
    await first.close()
    provider.ttl = 3600
    const child = spawn(process.execPath, [PROGRAM, dataDir, provider.target], { stdio: ['pipe', 'pipe', 'inherit'] })
    const kill = async () => {
      provider.onToken = null
      child.kill('SIGKILL')
      await exited
    }
    const exited = once(child, 'exit')
    if (moment === 'stored') {
      await Promise.race([once(child.stdout, 'data'), exited])
      await kill()
    } else provider.onToken = async (at) => (at === moment ? await kill() : undefined)
    await exited
    const next = await openRefreshing({ databaseUrl: null, dataDir }, where)
    t.after(next.close)
    const found = await next.tokens.of(['ats']).catch((error: UserError) => error)
    const held = await next.store.connections.find(connection.id)
    if (found instanceof Error) {
      assert.ok(isUnavailable(found))
      assert.equal(held?.status, 'needs_sign_in')
      assert.notEqual(moment, 'stored')
    } else {
      assert.equal(await statusOf(found.get('ats')?.accessToken), 200)
      assert.equal(held?.status, 'connected')
    }
    assert.ok(held.tokens?.refreshToken, 'the stored token is lost')
    assertNoReuse()
    await signInFor(next, provider, connection, 3600, Date.now())
    assert.equal(await statusOf((await next.tokens.of(['ats'])).get('ats')?.accessToken), 200)
  })
}
