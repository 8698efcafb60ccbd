/** Connections on both engines: fences of refreshes, sign-ins that are good once, rotation of the key. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection, Tokens } from '../../../src/domain/connections/connection.ts'
import { CONFIGURED_KEY } from '../../../src/domain/shared/actor.ts'
import { createStore } from '../../../src/store/create-store.ts'
import { openDatabase } from '../../../src/store/database/engines/open.ts'
import { createKeyring } from '../../../src/store/secrets/encryption.ts'
import type { Store } from '../../../src/store/store.ts'
import { rewriteAll } from '../../../src/store/upkeep/key-rotation.ts'
import { forEachDatabase } from '../../helpers/databases.ts'

const CONNECTION: Connection = {
  id: 'conn_a',
  name: 'ats',
  config: {
    provider: 'oauth2',
    clientId: 'client',
    grant: 'authorization_code',
    clientAuth: 'basic',
    scopes: [],
    extraParameters: {},
    issuer: null,
    authorizationUrl: 'https://provider.example/authorize',
    tokenUrl: 'https://provider.example/token',
    revocationUrl: null,
    userinfoUrl: null,
  },
  clientSecret: 'the secret of the client',
  status: 'new',
  account: null,
  expiresAt: null,
  refreshedAt: null,
  problem: null,
  createdBy: CONFIGURED_KEY,
  createdAt: 1000,
}

const tokensOf = (number: number): Tokens => ({
  accessToken: `access ${number}`,
  tokenType: 'Bearer',
  refreshToken: `refresh ${number}`,
  expiresAt: 100_000,
  account: null,
})

const KEY = Buffer.alloc(32, 1)
const NEXT = Buffer.alloc(32, 2)

const putTokens = (
  store: Store,
  given: Omit<Parameters<Store['connections']['putTokens']>[0], 'id'>,
): Promise<boolean> => store.connections.putTokens({ id: 'conn_a', ...given })

forEachDatabase(({ engine, createDatabase }) => {
  test('one server refreshes, a late result is refused, and a dead server makes a replaced token lost', async (t) => {
    const options = await createDatabase(t)
    const first = await createStore({ ...options, keyring: createKeyring(KEY), serverId: 'srv_a' })
    await first.connections.create(CONNECTION)
    assert.equal(await putTokens(first, { generation: 0, from: 'sign-in', tokens: tokensOf(1), now: 2000 }), true)
    assert.equal(await first.connections.beginRefresh('conn_a', 0, 3000), 'stale')
    assert.equal(await first.connections.beginRefresh('conn_a', 1, 3000), 'begun')
    assert.equal(await first.connections.beginRefresh('conn_a', 1, 3000), 'busy')
    assert.equal(await putTokens(first, { generation: 1, from: 'refresh', tokens: tokensOf(2), now: 4000 }), true)
    assert.equal(await putTokens(first, { generation: 1, from: 'refresh', tokens: tokensOf(3), now: 4000 }), false)
    const held = await first.connections.findByName('ats')
    assert.deepEqual([held?.status, held?.tokens?.refreshToken, held?.refreshedAt], ['connected', 'refresh 2', 4000])
    assert.equal(await first.connections.beginRefresh('conn_a', 2, 5000), 'begun')
    await first.close()
    const second = await createStore({ ...options, keyring: createKeyring(KEY), serverId: 'srv_b' })
    assert.equal(await second.connections.beginRefresh('conn_a', 2, 6000), 'lost')
    const lost = await second.connections.find('conn_a')
    assert.deepEqual([lost?.status, lost?.tokens?.refreshToken], ['needs_sign_in', 'refresh 2'])
    assert.equal(
      await putTokens(second, {
        generation: 2,
        from: 'sign-in',
        tokens: { ...tokensOf(4), refreshToken: null },
        now: 7000,
      }),
      true,
    )
    assert.equal((await second.connections.find('conn_a'))?.tokens?.refreshToken, null)
    await second.close()
  })

  test('a token that the provider keeps is used again after the death of a server', async (t) => {
    const options = await createDatabase(t)
    const config = { ...CONNECTION.config, provider: 'google' }
    const first = await createStore({ ...options, keyring: createKeyring(KEY), serverId: 'srv_a' })
    await first.connections.create({ ...CONNECTION, config })
    await putTokens(first, { generation: 0, from: 'sign-in', tokens: tokensOf(1), now: 2000 })
    assert.equal(await first.connections.beginRefresh('conn_a', 1, 3000), 'begun')
    await first.close()
    const second = await createStore({ ...options, keyring: createKeyring(KEY), serverId: 'srv_b' })
    assert.equal(await second.connections.beginRefresh('conn_a', 1, 4000), 'begun')
    await second.close()
  })

  test('failures are counted with a pause, and a lost grant ends the sign-in', async (t) => {
    const options = await createDatabase(t)
    const store = await createStore({ ...options, keyring: createKeyring(KEY), serverId: 'srv_a' })
    await store.connections.create(CONNECTION)
    await putTokens(store, { generation: 0, from: 'sign-in', tokens: tokensOf(1), now: 2000 })
    for (const wait of [1000, 2000, 4000]) {
      assert.equal(await store.connections.beginRefresh('conn_a', 1, 3000), 'begun')
      await store.connections.failRefresh('conn_a', 1, { kind: 'refused', message: 'answered 503' }, 3000)
      const held = await store.connections.find('conn_a')
      assert.deepEqual([held?.status, held?.retryAt, held?.problem], ['connected', 3000 + wait, 'answered 503'])
    }
    await store.connections.beginRefresh('conn_a', 1, 3000)
    await store.connections.failRefresh('conn_a', 1, { kind: 'lost', message: 'invalid_grant' }, 3000)
    assert.equal((await store.connections.find('conn_a'))?.status, 'needs_sign_in')
    assert.equal(await store.connections.beginRefresh('conn_a', 1, 3000), 'stale')
    await store.close()
  })

  test('a sign-in is returned once, to its session, before it expires', async (t) => {
    const options = await createDatabase(t)
    const store = await createStore({ ...options, keyring: createKeyring(KEY), serverId: 'srv_a' })
    await store.connections.create(CONNECTION)
    const signIn = (stateHash: string) => ({
      stateHash,
      connectionId: 'conn_a',
      sessionHash: 'session',
      verifier: 'a verifier',
      redirectUri: 'https://workflows.example/connections/callback',
      expiresAt: 9000,
    })
    for (const state of ['a', 'b']) await store.connections.putSignIn(signIn(state), 1000)
    assert.equal(await store.connections.takeSignIn('a', 'another', 2000), null)
    assert.deepEqual(
      await Promise.all([
        store.connections.hasSignIn('a', 2000),
        store.connections.hasSignIn('a', 9001),
        store.connections.hasSignIn('another', 2000),
      ]),
      [true, false, false],
    )
    assert.deepEqual(await store.connections.takeSignIn('a', 'session', 2000), signIn('a'))
    assert.equal(await store.connections.takeSignIn('a', 'session', 2000), null)
    assert.equal(await store.connections.takeSignIn('b', 'session', 9001), null)
    await store.close()
  })

  test(`secrets and tokens are ciphertexts, and follow the rotation of the key (${engine})`, async (t) => {
    const options = await createDatabase(t)
    const store = await createStore({ ...options, keyring: createKeyring(KEY), serverId: 'srv_a' })
    await store.connections.create(CONNECTION)
    await putTokens(store, { generation: 0, from: 'sign-in', tokens: tokensOf(1), now: 2000 })
    await store.close()
    const database = await openDatabase(options)
    const read = () => database.read((db) => db.selectFrom('connections').selectAll().executeTakeFirstOrThrow())
    const row = await read()
    for (const bytes of [row.secrets, row.tokens ?? row.secrets])
      assert.doesNotMatch(Buffer.from(bytes).toString('latin1'), /secret of the client|refresh 1|access 1/)
    await rewriteAll(database, createKeyring(NEXT, [KEY]))
    const again = createKeyring(NEXT)
    const after = await read()
    for (const bytes of [after.secrets, after.tokens ?? after.secrets])
      assert.equal(Buffer.from(bytes.subarray(1, 5)).toString('hex'), again.id)
    await database.close()
  })
})
