/** Passkeys, on both databases: an authenticator in software makes them and signs in with them. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import pino from 'pino'
import { CONFIGURED_KEY } from '../../../../src/domain/shared/actor.ts'
import { createRefusals } from '../../../../src/http/auth/shared/refusals.ts'
import { createAccounts } from '../../../../src/http/auth/sign-in/accounts.ts'
import { MAX_PASSKEYS } from '../../../../src/http/auth/sign-in/passkeys.ts'
import { openAuthDatabase } from '../../../../src/store/database/engines/open.ts'
import { issuePasswordReset } from '../../../../src/store/people/password-resets.ts'
import { accountsSecretOf } from '../../../../src/store/secrets/accounts-secret.ts'
import { type Creation, createAuthenticator, type Request } from '../../../helpers/authenticator.ts'
import { forEachDatabase, openSql, openStore } from '../../../helpers/databases.ts'
import { addLine } from '../../../helpers/store-data.ts'

const ORIGIN = 'http://localhost:4400'
const PASSWORD = 'long enough'
const ADA = { name: 'Ada', email: 'ada@example.com', password: PASSWORD, role: 'owner' } as const
const MINUTE_MS = 60_000

type Passkey = { id: string; name: string; credentialID: string }

forEachDatabase(({ createDatabase }) => {
  type Cleanup = { after(fn: () => Promise<void>): void }

  async function open(t: Cleanup) {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const database = await openAuthDatabase(options)
    t.after(() => database.close())
    let passedMs = 0
    const now = () => Date.now() + passedMs
    const accounts = await createAccounts({
      secret: accountsSecretOf(randomBytes(32)),
      database,
      publicUrl: null,
      oidc: null,
      store,
      log: pino({ level: 'silent' }),
      now,
      noteRefusal: createRefusals({ write: (entry) => addLine(store, entry), now, onError: assert.ifError }).note,
    })
    let calls = 0
    /** From another address each time, so that the limits of addresses do not count. */
    const send = async (method: string, path: string, cookie: string, body?: object) => {
      calls += 1
      const headers = { host: 'localhost:4400', origin: ORIGIN, ...(cookie === '' ? {} : { cookie }) }
      return await accounts.handle({ method, path, headers, address: `192.0.2.${calls % 250}`, body })
    }
    const add = async (cookie: string, device = createAuthenticator(ORIGIN), name?: string) => {
      const options = await send('GET', '/passkey/generate-register-options', cookie)
      const response = device.create((await options.json()) as Creation)
      const jar = [cookie, cookieOf(options.headers)].join('; ')
      const answer = await send('POST', '/passkey/verify-registration', jar, { response, ...(name && { name }) })
      return (await answer.json()) as Passkey
    }
    const signIn = async (device: ReturnType<typeof createAuthenticator>, isVerified = true) => {
      const options = await send('GET', '/passkey/generate-authenticate-options', '')
      const response = device.get((await options.json()) as Request, isVerified)
      const answer = await send('POST', '/passkey/verify-authentication', cookieOf(options.headers), { response })
      return cookieOf(answer.headers)
    }
    const owner = cookieOf((await accounts.create(ADA, 'first')).headers)
    const list = async () => (await (await send('GET', '/passkey/list-user-passkeys', owner)).json()) as Passkey[]
    const wait = (ms: number) => (passedMs += ms)
    /** Returns the session of another person. */
    const join = async () => {
      const eve = { name: 'Eve', email: 'eve@example.com', role: 'editor', password: PASSWORD } as const
      const [createdAt, expiresAt, createdBy] = [now(), now() + MINUTE_MS, CONFIGURED_KEY]
      await store.people.createInvitation(
        { id: 'one', email: eve.email, role: eve.role, createdAt, expiresAt, createdBy },
        'hash',
      )
      return cookieOf((await accounts.create(eve, { invitationId: 'one' })).headers)
    }
    return { accounts, join, store, options, owner, send, add, signIn, list, wait }
  }
  const cookieOf = (headers: Headers): string =>
    headers
      .getSetCookie()
      .filter((line) => !/Max-Age=0/.test(line))
      .map((line) => line.split(';')[0])
      .join('; ')

  test('Y12 a passkey signs in without password and code, until it is removed', async (t) => {
    const { accounts, store, owner, send, add, signIn, list } = await open(t)
    const device = createAuthenticator(ORIGIN)
    const { id, name } = await add(owner, device)
    assert.equal(name, 'Passkey')
    assert.equal((await accounts.findSession({ cookie: await signIn(device) }))?.actor.name, 'Ada')
    const { data } = await store.audit.list({ limit: 1, cursor: null }, { action: 'session' })
    assert.deepEqual([data[0]?.action, data[0]?.by.name], ['session.create', ADA.name])

    await send('POST', '/passkey/update-passkey', owner, { id, name: 'my phone' })
    assert.deepEqual(
      (await list()).map((one) => one.name),
      ['my phone'],
    )
    await send('POST', '/passkey/delete-passkey', owner, { id })
    await assert.rejects(signIn(device), { code: 'unauthorized' })
  })

  test('Y12 a device that does not check its owner neither becomes a passkey nor signs in', async (t) => {
    const { owner, add, signIn } = await open(t)
    const careless = createAuthenticator(ORIGIN, { verifies: false })
    await assert.rejects(add(owner, careless), { code: 'bad_request', message: /a PIN, a fingerprint or a face/ })
    const device = createAuthenticator(ORIGIN)
    await add(owner, device)
    await assert.rejects(signIn(device, false), { code: 'bad_request', message: /a PIN, a fingerprint or a face/ })
    assert.notEqual(await signIn(device), '')
  })

  test('a challenge serves once, for one origin and one purpose', async (t) => {
    const { owner, send, add, signIn } = await open(t)
    const device = createAuthenticator(ORIGIN)
    await add(owner, device)
    const options = await send('GET', '/passkey/generate-authenticate-options', '')
    const jar = cookieOf(options.headers)
    const response = device.get((await options.json()) as Request)
    const verify = () => send('POST', '/passkey/verify-authentication', jar, { response })
    assert.equal((await verify()).status, 200)
    await assert.rejects(verify(), { code: 'bad_request' })
    await assert.rejects(send('POST', '/passkey/verify-registration', `${owner}; ${jar}`, { response }), {
      code: 'bad_request',
    })
    await assert.rejects(add(owner, createAuthenticator('https://evil.example')), { code: 'bad_request' })
    await assert.rejects(signIn(createAuthenticator(ORIGIN)), { code: 'unauthorized' })
  })

  test('passkeys are added and removed after a sign-in of a moment ago only', async (t) => {
    const { owner, send, add, list, wait } = await open(t)
    const { id } = await add(owner)
    wait(16 * MINUTE_MS)
    await assert.rejects(add(owner), { code: 'reauthentication_required' })
    await assert.rejects(send('POST', '/passkey/delete-passkey', owner, { id }), { code: 'reauthentication_required' })
    assert.equal((await list()).length, 1)
  })

  test('what would reach the database or another host unchecked is refused', async (t) => {
    const { owner, send, add } = await open(t)
    const attestation = { fmt: 'apple', attStmt: new Map([['x5c', [new Uint8Array(8)]]]) }
    await assert.rejects(add(owner, createAuthenticator(ORIGIN, { attestation })), {
      code: 'bad_request',
      message: /without an attestation/,
    })
    const packed = { fmt: 'packed', attStmt: attestation.attStmt }
    await assert.rejects(add(owner, createAuthenticator(ORIGIN, { attestation: packed })), /without an attestation/)
    await assert.rejects(add(owner, undefined, 'x'.repeat(201)), { code: 'bad_request', message: /^Expected name/ })
    for (const response of [
      null,
      'text',
      {},
      { id: { sql: 1 }, response: {} },
      { id: 'a'.repeat(2000), response: {} },
    ]) {
      await assert.rejects(send('POST', '/passkey/verify-authentication', '', { response }), { code: 'bad_request' })
    }
    const extra = { response: { id: 'a', response: {} }, createSession: true }
    await assert.rejects(send('POST', '/passkey/verify-registration', owner, extra), { code: 'bad_request' })
  })

  test(`a person has at most ${MAX_PASSKEYS} passkeys`, async (t) => {
    const { owner, add } = await open(t)
    for (let count = 0; count < MAX_PASSKEYS; count += 1) await add(owner)
    await assert.rejects(add(owner), { code: 'conflict' })
  })

  test(`Z3-92 of registrations at the same moment no more than ${MAX_PASSKEYS} stay, and no id stays twice`, async (t) => {
    const { owner, join, send, add } = await open(t)
    const list = async (cookie: string) =>
      (await (await send('GET', '/passkey/list-user-passkeys', cookie)).json()) as { credentialID: string }[]
    const eve = await join()
    const { id } = createAuthenticator(ORIGIN)
    const alike = [owner, eve, owner, eve].map((cookie) => add(cookie, createAuthenticator(ORIGIN, { id })))
    await Promise.allSettled(alike)
    const same = [...(await list(owner)), ...(await list(eve))].filter(
      ({ credentialID }) => credentialID === id.toString('base64url'),
    )
    assert.ok(same.length <= 1, `${same.length} passkeys with one id`)
    while ((await list(owner)).length < MAX_PASSKEYS - 1) await add(owner)
    await Promise.allSettled(Array.from({ length: 6 }, () => add(owner)))
    const { length } = await list(owner)
    assert.ok(length <= MAX_PASSKEYS, `${length} passkeys`)
  })

  test('Z3-85 a key that is registered already is taken by no other person', async (t) => {
    const { accounts, owner, join, add, signIn } = await open(t)
    const device = createAuthenticator(ORIGIN)
    await add(owner, device)
    const eve = await join()
    await assert.rejects(add(eve, createAuthenticator(ORIGIN, { id: device.id })), { code: 'bad_request' })
    await assert.rejects(add(owner, createAuthenticator(ORIGIN, { id: device.id })), { code: 'bad_request' })
    assert.equal((await accounts.findSession({ cookie: await signIn(device) }))?.actor.name, 'Ada')
  })

  test('Z3-86 a person changes and removes no passkey of another, and answers no challenge of another', async (t) => {
    const { owner, join, send, add, signIn } = await open(t)
    const device = createAuthenticator(ORIGIN)
    const { id } = await add(owner, device)
    const eve = await join()
    await assert.rejects(send('POST', '/passkey/delete-passkey', eve, { id }), { code: 'unauthorized' })
    await assert.rejects(send('POST', '/passkey/update-passkey', eve, { id, name: 'mine' }), { code: 'unauthorized' })
    await assert.rejects(send('POST', '/passkey/delete-passkey', '', { id }), { code: 'unauthorized' })
    const options = await send('GET', '/passkey/generate-register-options', owner)
    const response = createAuthenticator(ORIGIN).create((await options.json()) as Creation)
    const jar = [eve, cookieOf(options.headers)].join('; ')
    await assert.rejects(send('POST', '/passkey/verify-registration', jar, { response }), { code: 'unauthorized' })
    assert.notEqual(await signIn(device), '')
  })

  test('Z3-86 a passkey for another host, a copy with an older counter and an old challenge sign nobody in', async (t) => {
    const { owner, send, add, signIn, options } = await open(t)
    const device = createAuthenticator(ORIGIN)
    await add(owner, device)
    await signIn(device)
    device.setUses(0)
    await assert.rejects(signIn(device), { code: 'bad_request' })
    device.setUses(10)
    const asked = await send('GET', '/passkey/generate-authenticate-options', '')
    const other = device.get({ ...((await asked.json()) as Request), rpId: 'evil.example' })
    const jar = cookieOf(asked.headers)
    await assert.rejects(send('POST', '/passkey/verify-authentication', jar, { response: other }), {
      code: 'bad_request',
    })
    const late = await send('GET', '/passkey/generate-authenticate-options', '')
    const response = device.get((await late.json()) as Request)
    const sql = await openSql(t, options)
    await sql(`update verification set "expiresAt" = '2020-01-01T00:00:00.000Z'`)
    await assert.rejects(send('POST', '/passkey/verify-authentication', cookieOf(late.headers), { response }), {
      code: 'bad_request',
    })
    assert.notEqual(await signIn(device), '')
  })

  test('a link for a new password removes the passkeys', async (t) => {
    const { accounts, options, owner, add, signIn } = await open(t)
    const device = createAuthenticator(ORIGIN)
    await add(owner, device)
    await issuePasswordReset(options, { email: ADA.email, hash: 'hash', now: Date.now() })
    await accounts.resetPassword('hash', 'another long one')
    await assert.rejects(signIn(device), { code: 'unauthorized' })
  })
})
