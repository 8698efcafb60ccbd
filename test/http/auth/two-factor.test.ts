/** Two-factor sign-in by codes of an authenticator app. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import pino from 'pino'
import { CONFIGURED_KEY } from '../../../src/domain/shared/actor.ts'
import { createRenewSecret } from '../../../src/http/auth/renew-secret.ts'
import type { Accounts } from '../../../src/http/auth/shared/contract.ts'
import { createRefusals } from '../../../src/http/auth/shared/refusals.ts'
import { createAccounts } from '../../../src/http/auth/sign-in/accounts.ts'
import type { DatabaseOptions } from '../../../src/store/database/database.ts'
import { openAuthDatabase, openDatabase } from '../../../src/store/database/engines/open.ts'
import { issuePasswordReset } from '../../../src/store/people/password-resets.ts'
import { accountsSecretOf } from '../../../src/store/secrets/accounts-secret.ts'
import type { Store } from '../../../src/store/store.ts'
import { rotateTwoFactor } from '../../../src/store/upkeep/rotate-two-factor.ts'
import { forEachDatabase, openSql, openStore } from '../../helpers/databases.ts'
import { addLine } from '../../helpers/store-data.ts'
import { totpOf } from '../../helpers/totp.ts'

const PASSWORD = 'long enough'
const KEY = randomBytes(32)
const ADA = { name: 'Ada', email: 'ada@example.com', password: PASSWORD, role: 'owner' } as const

forEachDatabase(({ engine, createDatabase }) => {
  type Cleanup = { after(fn: () => Promise<void>): void }

  async function open(t: Cleanup, options: DatabaseOptions, store: Store, key = KEY) {
    const database = await openAuthDatabase(options)
    let isOpen = true
    const close = async () => {
      if (isOpen) await database.close()
      isOpen = false
    }
    t.after(close)
    const noteRefusal = createRefusals({
      write: (entry) => addLine(store, entry),
      now: Date.now,
      onError: assert.ifError,
    }).note
    const secret = accountsSecretOf(key)
    const log = pino({ level: 'silent' })
    const accounts = await createAccounts({
      secret,
      database,
      publicUrl: null,
      oidc: null,
      store,
      log,
      now: Date.now,
      noteRefusal,
    })
    return { accounts, close }
  }

  let calls = 0
  /** From another address each time, so that only limits of the account count. */
  async function send(accounts: Accounts, path: string, body: object, cookie = ''): Promise<Response> {
    calls += 1
    const headers = { host: 'app.test', origin: 'http://app.test', ...(cookie === '' ? {} : { cookie }) }
    return await accounts.handle({ method: 'POST', path, headers, address: `192.0.2.${calls % 250}`, body })
  }
  const cookieOf = (headers: Headers): string =>
    headers
      .getSetCookie()
      .filter((line) => !/Max-Age=0/.test(line))
      .map((line) => line.split(';')[0])
      .join('; ')

  async function enrol(accounts: Accounts, meanwhile = async (_cookie: string) => {}) {
    const cookie = cookieOf((await accounts.create(ADA, 'first')).headers)
    const enabled = await send(accounts, '/two-factor/enable', { password: PASSWORD }, cookie)
    const enrolment = (await enabled.json()) as { totpURI: string; backupCodes: string[] }
    const key = new URL(enrolment.totpURI).searchParams.get('secret') ?? ''
    await meanwhile(cookie)
    assert.equal((await send(accounts, '/two-factor/verify-totp', { code: totpOf(key) }, cookie)).status, 200)
    return { key, codes: enrolment.backupCodes }
  }
  const finish = async (accounts: Accounts, key: string) =>
    await send(accounts, '/two-factor/verify-totp', { code: totpOf(key) }, cookieOf((await signIn(accounts)).headers))
  const signIn = (accounts: Accounts) => send(accounts, '/sign-in/email', { email: ADA.email, password: PASSWORD })

  test('Z3-61 a code of the app signs in once, for other browsers too', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const { accounts } = await open(t, options, store)
    const { key } = await enrol(accounts)
    const code = totpOf(key)
    const verify = async (sent: string) =>
      await send(accounts, '/two-factor/verify-totp', { code: sent }, cookieOf((await signIn(accounts)).headers))
    const [one, other] = await Promise.allSettled([verify(code), verify(code)])
    assert.deepEqual([one.status, other.status].sort(), ['fulfilled', 'rejected'])
    await assert.rejects(verify(code), { code: 'unauthorized', message: /used before/ })
    const session = one.status === 'fulfilled' ? one : other
    assert.ok(session.status === 'fulfilled')
    assert.ok(await accounts.findSession({ cookie: cookieOf(session.value.headers) }), 'the first session stays')
    assert.equal((await verify(totpOf(key, Date.now() + 30_000))).status, 200)
  })

  test('Z3-82 codes tried at the same moment, on two servers, count before they are checked', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const { accounts } = await open(t, options, store)
    const other = (await open(t, options, store)).accounts
    const { key } = await enrol(accounts)
    const right = [-30_000, 0, 30_000].map((shift) => totpOf(key, Date.now() + shift))
    const wrong = [...Array(16).keys()]
      .map((number) => String(100_000 + number))
      .filter((code) => !right.includes(code))
    const jars: string[] = []
    for (const _ of wrong) jars.push(cookieOf((await signIn(accounts)).headers))
    const answers = await Promise.allSettled(
      wrong.map((code, index) =>
        send(index % 2 === 0 ? accounts : other, '/two-factor/verify-totp', { code }, jars[index]),
      ),
    )
    const codes = answers.map((answer) => (answer.status === 'rejected' ? String(answer.reason.code) : 'fulfilled'))
    assert.ok(codes.filter((code) => code === 'unauthorized').length <= 10, codes.join())
    assert.ok(!codes.includes('fulfilled'))
    const late = send(
      accounts,
      '/two-factor/verify-totp',
      { code: totpOf(key) },
      cookieOf((await signIn(accounts)).headers),
    )
    await assert.rejects(late, { code: 'too_many_requests', message: /wrong codes/ })
  })

  test('Z3-83 a recovery code sent ten times at the same moment opens one session', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const { accounts } = await open(t, options, store)
    const other = (await open(t, options, store)).accounts
    const { codes } = await enrol(accounts)
    const jars: string[] = []
    for (let index = 0; index < 10; index += 1) jars.push(cookieOf((await signIn(accounts)).headers))
    const answers = await Promise.allSettled(
      jars.map((jar, index) =>
        send(index % 2 === 0 ? accounts : other, '/two-factor/verify-backup-code', { code: codes[0] }, jar),
      ),
    )
    assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 1)
  })

  test('Z3-84 a sign-in that waits for its code ends with the password', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const { accounts } = await open(t, options, store)
    const { key } = await enrol(accounts)
    const session = cookieOf((await finish(accounts, key)).headers)
    const pending = cookieOf((await signIn(accounts)).headers)
    const changed = { currentPassword: PASSWORD, newPassword: 'another long one' }
    assert.equal((await send(accounts, '/change-password', changed, session)).status, 200)
    const late = send(accounts, '/two-factor/verify-totp', { code: totpOf(key, Date.now() + 30_000) }, pending)
    await assert.rejects(late, { code: 'unauthorized' })
  })

  test('two-factor survives another secret key, and a link for a new password turns it off', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const before = await open(t, options, store)
    const { key, codes } = await enrol(before.accounts)
    await before.close()
    await store.close()
    const next = randomBytes(32)
    const database = await openDatabase(options)
    // Again, as after an interruption.
    for (let times = 0; times < 2; times += 1)
      assert.equal(await rotateTwoFactor(database, createRenewSecret(KEY, next)), 1)
    await database.close()

    const again = await openStore(t, options)
    const { accounts } = await open(t, options, again, next)
    const verify = async (path: string, code: string) =>
      (await send(accounts, path, { code }, cookieOf((await signIn(accounts)).headers))).status
    assert.equal(await verify('/two-factor/verify-totp', totpOf(key)), 200)
    assert.equal(await verify('/two-factor/verify-backup-code', codes[1] ?? ''), 200)
    await issuePasswordReset(options, { email: ADA.email, hash: 'hash', now: Date.now() })
    await accounts.resetPassword('hash', PASSWORD)
    assert.ok(await accounts.findSession({ cookie: cookieOf((await signIn(accounts)).headers) }))
  })

  // The other cases depend on no engine, and each sign-in costs 0.1 s of a processor.
  if (engine !== 'sqlite') return

  test('Y12 with two-factor a password alone opens no session, and a code of the app does', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const { accounts } = await open(t, options, store)
    const { key } = await enrol(accounts, async (cookie) => {
      await assert.rejects(send(accounts, '/two-factor/enable', { password: 'wrong' }, cookie), { code: 'bad_request' })
      // Before the app's first code has come, the password suffices.
      assert.ok(await accounts.findSession({ cookie: cookieOf((await signIn(accounts)).headers) }))
    })
    const first = await signIn(accounts)
    assert.match(await first.clone().text(), /"twoFactorRedirect":true/)
    const pending = cookieOf(first.headers)
    assert.equal(await accounts.findSession({ cookie: pending }), null)
    const wrong = totpOf(key) === '000000' ? '000001' : '000000'
    await assert.rejects(send(accounts, '/two-factor/verify-totp', { code: wrong }, pending), { code: 'unauthorized' })
    for (const body of [{}, { code: totpOf(key), trustDevice: true }]) {
      await assert.rejects(send(accounts, '/two-factor/verify-totp', body, pending), { code: 'bad_request' })
    }
    await assert.rejects(send(accounts, '/two-factor/verify-totp', { code: totpOf(key) }), { code: 'unauthorized' })
    const done = await send(accounts, '/two-factor/verify-totp', { code: totpOf(key) }, pending)
    assert.equal((await accounts.findSession({ cookie: cookieOf(done.headers) }))?.actor.name, 'Ada')
    const { data } = await store.audit.list({ limit: 10, cursor: null }, { action: 'session' })
    assert.deepEqual(
      data.slice(0, 2).map(({ action, by }) => [action, by.name]),
      [
        ['session.create', ADA.name],
        ['session.refuse', 'unknown'],
      ],
    )
  })

  test('Y12 a recovery code works once, and guesses at codes are limited for the account', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const { accounts } = await open(t, options, store)
    const { key, codes } = await enrol(accounts)
    const recover = async (code: string) =>
      await send(accounts, '/two-factor/verify-backup-code', { code }, cookieOf((await signIn(accounts)).headers))
    const [one = ''] = codes
    assert.equal((await recover(one)).status, 200)
    await assert.rejects(recover(one), { code: 'unauthorized' })
    for (let index = 0; index < 15; index += 1) {
      const pending = cookieOf((await signIn(accounts)).headers)
      await send(accounts, '/two-factor/verify-totp', { code: '000000' }, pending).catch(() => {})
    }
    const pending = cookieOf((await signIn(accounts)).headers)
    const late = send(accounts, '/two-factor/verify-totp', { code: totpOf(key) }, pending)
    await assert.rejects(late, { code: 'too_many_requests' })
  })

  test('Z3-100 a cookie that only the library can read opens no way around the limit of codes', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const { accounts } = await open(t, options, store)
    const { key } = await enrol(accounts)
    const writings: readonly ((pending: string) => string)[] = [
      (pending) => `a=b;\t${pending}`,
      (pending) => pending.replace('two_factor=', 'two_factor ='),
      (pending) => pending.replace(/two_factor=([^;]*)/, 'two_factor="$1"'),
      (pending) => pending.replace('two_factor=2', 'two_factor=%32'),
      (pending) => `${pending.replace('two_factor=', 'two_factor\u00a0=')}; ${pending}`,
    ]
    const waiting = async () => cookieOf((await signIn(accounts)).headers)
    for (let index = 0; index < 11; index += 1)
      await send(accounts, '/two-factor/verify-totp', { code: '000000' }, await waiting()).catch(() => {})
    for (const write of writings) {
      const late = send(accounts, '/two-factor/verify-totp', { code: totpOf(key) }, write(await waiting()))
      await assert.rejects(late, (error) => ['too_many_requests', 'unauthorized'].includes(Object(error).code))
    }
  })

  test('Z3-82 a code that is checked by a session finishes no sign-in that waits for one', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const { accounts } = await open(t, options, store)
    const { key } = await enrol(accounts)
    const session = cookieOf((await finish(accounts, key)).headers)
    const pending = cookieOf((await signIn(accounts)).headers)
    const code = totpOf(key, Date.now() + 30_000)
    const confirmed = await send(accounts, '/two-factor/verify-totp', { code }, `${session}; ${pending}`)
    assert.deepEqual([confirmed.status, confirmed.headers.getSetCookie()], [200, []])
    assert.equal((await send(accounts, '/two-factor/verify-totp', { code }, pending)).status, 200)
  })

  test('Z3-91 two-factor is neither turned off, replaced nor finished by what another person has', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const { accounts } = await open(t, options, store)
    const { key, codes } = await enrol(accounts)
    const session = cookieOf((await finish(accounts, key)).headers)
    for (const body of [{}, { password: '' }, { password: 'wrong' }])
      await assert.rejects(send(accounts, '/two-factor/disable', body, session), { code: 'bad_request' })
    for (const body of [{}, { password: 'wrong' }])
      await assert.rejects(send(accounts, '/two-factor/generate-backup-codes', body, session), { code: 'bad_request' })
    await assert.rejects(send(accounts, '/two-factor/enable', { password: PASSWORD }, session), { code: 'bad_request' })
    await assert.rejects(send(accounts, '/two-factor/enable', { password: PASSWORD, method: 'otp' }, session), {
      code: 'bad_request',
    })
    for (const path of [
      '/two-factor/get-totp-uri',
      '/two-factor/send-otp',
      '/two-factor/verify-otp',
      '/two-factor/view-backup-codes',
    ])
      await assert.rejects(send(accounts, path, { password: PASSWORD }, session), { code: /not_found|bad_request/ })
    const eve = { ...ADA, name: 'Eve', email: 'eve@example.com', role: 'editor' } as const
    const [createdAt, expiresAt] = [Date.now(), Date.now() + 60_000]
    await store.people.createInvitation(
      { id: 'one', email: eve.email, role: eve.role, createdAt, expiresAt, createdBy: CONFIGURED_KEY },
      'hash',
    )
    const eves = cookieOf((await accounts.create(eve, { invitationId: 'one' })).headers)
    const enabled = (await (await send(accounts, '/two-factor/enable', { password: PASSWORD }, eves)).json()) as {
      totpURI: string
      backupCodes: string[]
    }
    const evesKey = new URL(enabled.totpURI).searchParams.get('secret') ?? ''
    await send(accounts, '/two-factor/verify-totp', { code: totpOf(evesKey) }, eves)
    const pending = cookieOf((await signIn(accounts)).headers)
    await assert.rejects(
      send(accounts, '/two-factor/verify-totp', { code: totpOf(evesKey, Date.now() + 30_000) }, pending),
      { code: 'unauthorized' },
    )
    await assert.rejects(send(accounts, '/two-factor/verify-backup-code', { code: enabled.backupCodes[0] }, pending), {
      code: 'unauthorized',
    })
    const forged = pending.replace(/two_factor=[^.;]*/, 'two_factor=2fa-xxxxxxxxxxxxxxxxxxxx')
    await assert.rejects(send(accounts, '/two-factor/verify-backup-code', { code: codes[0] }, forged), {
      code: 'unauthorized',
    })
    assert.equal((await send(accounts, '/two-factor/verify-backup-code', { code: codes[0] }, pending)).status, 200)
    await assert.rejects(send(accounts, '/two-factor/verify-backup-code', { code: codes[1] }, pending), {
      code: 'unauthorized',
    })
    const sql = await openSql(t, options)
    const old = cookieOf((await signIn(accounts)).headers)
    await sql(`update verification set "expiresAt" = '2020-01-01T00:00:00.000Z'`)
    await assert.rejects(send(accounts, '/two-factor/verify-backup-code', { code: codes[1] }, old), {
      code: 'unauthorized',
    })
  })
})
