/**
 * One refresh for all runs of several servers, also if a server is killed during it.
 *
 *     CONNECTION_ROUNDS=50 npm test -- test/contract/connections.test.ts
 */

import assert from 'node:assert/strict'
import { after, beforeEach, type TestContext, test } from 'node:test'
import pg from 'pg'
import { createStore } from '../../src/store/create-store.ts'
import { createKeyring } from '../../src/store/secrets/encryption.ts'
import { type Cluster, startCluster } from '../helpers/cluster.ts'
import {
  CALLING,
  createConnection,
  envFor,
  hookOn,
  readConnection,
  signIn,
  startProvider,
} from '../helpers/connections.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, until, type WorkflowBody } from '../helpers/workflows.ts'

const RUNS = 100
/** The short form has each step once. */
const ROUNDS = Number(process.env.CONNECTION_ROUNDS ?? 5)
/** On a busy machine, the start of a server takes half a minute. */
const TIMEOUT_MS = Math.max(600_000, ROUNDS * 60_000)

const provider = await startProvider()
after(() => provider.close())
beforeEach(() => {
  provider.rotates = true
  provider.tokenRequests.length = 0
  provider.served.length = 0
})

const refreshes = () => provider.tokenRequests.filter(({ grant }) => grant === 'refresh_token')

function assertNoReuse(): void {
  const used = refreshes().map(({ refreshToken }) => refreshToken)
  assert.equal(new Set(used).size, used.length, 'a refresh token was used twice')
}

async function start(t: TestContext, count: number, env: Readonly<Record<string, string>>) {
  const cluster = await startCluster(count, { ...envFor(provider), ...env })
  t.after(() => cluster.close())
  const [server] = cluster.servers
  assert.ok(server)
  const { id } = await createConnection(server, provider)
  const fields = { settings: { URL: provider.serviceUrl }, connections: ['ats'], timeout_seconds: 300 }
  const workflow = await createCatch(server, { source: CALLING, ...fields })
  return { cluster, server, id, workflow }
}

/** Signs in again, and returns after the token has expired. */
async function signInUntilExpired(server: TestServer, id: string): Promise<void> {
  provider.ttl = 1
  const { expires_at } = await signIn(server, provider, id)
  await until(async () => Date.now() > Date.parse(String(expires_at)))
}

test(`${RUNS} runs at once on three servers refresh an expired token once, and the service refuses none`, async (t) => {
  // On a busy machine, a server is late with its signs of life, and a call waits longer than by default.
  const env = { WORKFLOWS_QUEUE_SECONDS: '600', WORKFLOWS_LEASE_SECONDS: '600' }
  const { cluster, server, id, workflow } = await start(t, 3, env)
  const callAll = async (count: number) =>
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        callHook(hookOn(cluster.servers[index % 3] as TestServer, workflow), {}),
      ),
    )
  await signInUntilExpired(server, id)
  provider.ttl = 3600
  const texts = (await callAll(RUNS)).map(({ text }) => text)
  assert.deepEqual(new Set(texts), new Set(['200']))
  assert.deepEqual([provider.served.length, new Set(provider.served)], [RUNS, new Set([200])])
  assert.equal(refreshes().length, 1)

  // Each server finds this token too short, so the servers refresh many times at the same time.
  provider.ttl = 59
  await signIn(server, provider, id)
  provider.tokenRequests.length = 0
  const answers = await callAll(30)
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  assert.ok(refreshes().length > 1, `${refreshes().length} refreshes`)
  assertNoReuse()
  assert.equal((await readConnection(server, id)).status, 'connected')
})

type Row = { readonly release: () => Promise<void>; readonly waits: () => Promise<boolean> }

/** Locks the rows of all connections against changes, until the release. */
async function lockConnections(databaseUrl: string): Promise<Row> {
  const client = new pg.Client({ connectionString: databaseUrl })
  // If the test fails before the release, the database ends first.
  client.on('error', () => {})
  await client.connect()
  await client.query('begin')
  await client.query('select id from connections for update')
  const waiters = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
  return {
    release: () => client.end(),
    waits: async () => ((await client.query(waiters)).rowCount ?? 0) > 0,
  }
}

async function killWaiting(row: Row, calling: Promise<unknown>, kill: () => Promise<unknown>): Promise<void> {
  await Promise.race([until(row.waits), calling])
  await kill()
  await row.release()
  await calling
}

type Round = {
  readonly databaseUrl: string
  /** Calls the hook of the server that is killed. Has an answer only if a busy machine was late with the kill. */
  readonly call: () => Promise<null>
  readonly kill: () => Promise<unknown>
  readonly refreshedAt: () => Promise<string | null>
}

/** Kills when the provider has a token request, or has answered it and not sent the answer. */
async function killAt(moment: 'before' | 'after', { call, kill }: Round): Promise<void> {
  provider.onToken = async (at) => {
    if (at !== moment) return
    provider.onToken = null
    await kill()
  }
  await call()
}

const STEPS: readonly { readonly name: string; readonly lives: boolean; run(round: Round): Promise<void> }[] = [
  { name: 'before the provider handles the request', lives: false, run: (round) => killAt('before', round) },
  { name: 'after the provider has handled the request', lives: false, run: (round) => killAt('after', round) },
  {
    name: 'before it stores the token',
    lives: false,
    async run({ databaseUrl, call, kill }) {
      const locked = Promise.withResolvers<Row>()
      provider.onToken = async (at) => {
        if (at !== 'after') return
        provider.onToken = null
        locked.resolve(await lockConnections(databaseUrl))
      }
      const calling = call()
      const row = await Promise.race([locked.promise, calling])
      if (row === null) return
      await killWaiting(row, calling, kill)
    },
  },
  {
    name: 'after it has stored the token',
    lives: true,
    async run({ call, kill, refreshedAt }) {
      const old = await refreshedAt()
      const calling = call()
      await Promise.race([until(async () => (await refreshedAt()) !== old), calling])
      await kill()
      await calling
    },
  },
  {
    name: 'before the refresh begins',
    lives: true,
    async run({ databaseUrl, call, kill }) {
      const row = await lockConnections(databaseUrl)
      await killWaiting(row, call(), kill)
    },
  },
]

/** Calls until the connection works, or needs a sign-in. */
async function outcomeOf(server: TestServer, workflow: WorkflowBody, id: string) {
  return await until(async () => {
    const answer = await callHook(hookOn(server, workflow), {})
    const { status } = await readConnection(server, id)
    return (answer.status === 200 || status === 'needs_sign_in') && { answer, status }
  })
}

/** Decrypts what is in the database. */
async function readStored({ databaseUrl, shared }: Cluster, { dataDir }: TestServer, id: string) {
  const keyring = createKeyring(Buffer.from(shared.WORKFLOWS_SECRET_KEY, 'base64'))
  const store = await createStore({ databaseUrl, dataDir, keyring, serverId: 'srv_tester' })
  const held = await store.connections.find(id)
  await store.close()
  return held
}

test('a server is killed at each step of a refresh, and the connection works or needs a sign-in', {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const { cluster, server, id, workflow } = await start(t, 1, { WORKFLOWS_LEASE_SECONDS: '10' })
  const counts = { connected: 0, needs_sign_in: 0, late: 0 }
  for (let round = 0; round < ROUNDS; round += 1) {
    const step = STEPS[round % STEPS.length]
    assert.ok(step)
    // Each step has both kinds of providers in ten rounds.
    provider.rotates = round % 2 === 0
    provider.ttl = 30
    await signIn(server, provider, id)
    // The first refresh tells whether the provider replaces refresh tokens.
    await until(async () => (await callHook(hookOn(server, workflow), {})).status === 200)
    const victim = await cluster.start()
    provider.tokenRequests.length = 0
    provider.ttl = 3600
    await step.run({
      databaseUrl: cluster.databaseUrl,
      refreshedAt: async () => (await readConnection(server, id)).refreshed_at,
      call: () =>
        callHook(hookOn(victim, workflow), {}).then(
          () => {
            counts.late += 1
            return null
          },
          () => null,
        ),
      kill: () => victim.stop('SIGKILL'),
    })
    provider.onToken = null
    await victim.stop('SIGKILL')
    const { answer, status } = await outcomeOf(server, workflow, id)
    const held = await readStored(cluster, server, id)
    const about = `${step.name}, ${provider.rotates ? 'rotating' : 'keeping'}: ${status} ${answer.text}`
    assert.ok(held?.tokens?.refreshToken, `the stored token is lost: ${about}`)
    if (step.lives || !provider.rotates) assert.equal(status, 'connected', about)
    if (status === 'connected') {
      counts.connected += 1
      assert.equal(answer.text, '200', about)
    } else {
      counts.needs_sign_in += 1
      assert.deepEqual([answer.status, answer.body.code], [503, 'connection_unavailable'], about)
    }
    if (provider.rotates) assertNoReuse()
  }
  t.diagnostic(`${ROUNDS} rounds: ${JSON.stringify(counts)}`)
})
