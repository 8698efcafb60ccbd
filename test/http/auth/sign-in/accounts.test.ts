/** Accounts on both databases, and from more than one server. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import pino from 'pino'
import { UserError } from '../../../../src/errors.ts'
import type { Accounts } from '../../../../src/http/auth/shared/contract.ts'
import { createRefusals } from '../../../../src/http/auth/shared/refusals.ts'
import { createAccounts } from '../../../../src/http/auth/sign-in/accounts.ts'
import { openAuthDatabase } from '../../../../src/store/database/engines/open.ts'
import { issuePasswordReset } from '../../../../src/store/people/password-resets.ts'
import type { Store } from '../../../../src/store/store.ts'
import { forEachDatabase, openStore } from '../../../helpers/databases.ts'
import { addLine } from '../../../helpers/store-data.ts'

const SECRET = randomBytes(32).toString('base64url')
const log = pino({ level: 'silent' })

forEachDatabase(({ createDatabase }) => {
  test('two servers start at once on a new database; an account and its session are known to both', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const [first, second] = await Promise.all([open(t, options, store), open(t, options, store)])
    assert.deepEqual([await first.exist(), await second.exist()], [false, false])

    const ada = { name: 'Ada', email: 'Ada@example.com', password: 'long enough', role: 'owner' } as const
    const { actor, headers } = await first.create(ada, 'first')
    assert.deepEqual([await first.exist(), await second.exist()], [true, true])
    const cookie = cookieOf(headers)
    assert.deepEqual((await second.findSession({ cookie }))?.actor, actor)
    assert.equal((await second.findSession({ cookie }))?.role, 'owner')
    assert.equal(await second.findSession({ cookie: cookie.replace('=', '=x') }), null)

    const signedIn = await second.handle(signIn('long enough'))
    assert.equal(signedIn.status, 200)
    assert.deepEqual((await first.findSession({ cookie: cookieOf(signedIn.headers) }))?.actor, actor)
    await assert.rejects(second.handle(signIn('wrong')), { code: 'unauthorized' })
    const { data } = await store.audit.list({ limit: 10, cursor: null })
    assert.deepEqual(
      data.map(({ action }) => action),
      ['session.refuse', 'session.create', 'owner.create'],
    )
  })

  test('a link for a new password ends after an hour', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const server = await open(t, options, store)
    const ada = { name: 'Ada', email: 'ada@example.com', password: 'long enough', role: 'owner' } as const
    const { actor } = await server.create(ada, 'first')
    await issuePasswordReset(options, { email: ada.email, hash: 'hash', now: 1000 })
    const hour = 3600 * 1000
    assert.equal((await store.people.findPasswordReset('hash', 1000 + hour - 1))?.id, actor.id)
    assert.equal(await store.people.findPasswordReset('hash', 1000 + hour), null)
    assert.equal(await store.people.takePasswordReset('hash', 'x', 1000 + hour), false)
  })

  test('a person changes the name to a text of a bounded length, and nothing else', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const server = await open(t, options, store)
    const ada = { name: 'Ada', email: 'ada@example.com', password: 'long enough', role: 'owner' } as const
    const cookie = cookieOf((await server.create(ada, 'first')).headers)
    const send = (path: string, body: unknown) =>
      server.handle({ method: 'POST', path, headers: { ...HEADERS, cookie }, address: '192.0.2.1', body })
    const names = ['a\u0000b', '\ud800', 'x'.repeat(201), '', ' ', 5, {}, [], null, undefined]
    for (const name of names) {
      await assert.rejects(send('/update-user', { name }), { code: 'bad_request' }, JSON.stringify(name))
    }
    for (const body of [{ name: 'x', image: 'https://example.com/x.png' }, [], null, 'x']) {
      await assert.rejects(send('/update-user', body), { code: 'bad_request' }, JSON.stringify(body))
    }
    await assert.rejects(send('/revoke-session', { token: 'a\u0000b' }), { code: 'bad_request' })
    assert.equal((await server.list())[0]?.name, 'Ada')
    assert.equal((await send('/update-user', { name: 'Ada L.' })).status, 200)
    assert.equal((await server.list())[0]?.name, 'Ada L.')
  })

  test('Z3-63 answers hold no token of a session, and their hashes end sessions', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const server = await open(t, options, store)
    const ada = { name: 'Ada', email: 'ada@example.com', password: 'long enough', role: 'owner' } as const
    const cookie = cookieOf((await server.create(ada, 'first')).headers)
    const send = (method: string, path: string, body?: unknown, by = cookie) =>
      server.handle({ method, path, headers: { ...HEADERS, cookie: by }, address: '192.0.2.1', body })
    const signedIn = await send('POST', '/sign-in/email', { email: ada.email, password: ada.password }, '')
    const other = cookieOf(signedIn.headers)
    const texts = [await signedIn.text()]
    const answers = [await send('GET', '/list-sessions'), await send('GET', '/get-session')]
    for (const answer of answers) texts.push(await answer.text())
    for (const one of [cookie, other]) {
      const [token = ''] = decodeURIComponent(/session_token=([^;]+)/.exec(one)?.[1] ?? '').split('.')
      assert.ok(token.length >= 32)
      for (const text of texts) assert.ok(!text.includes(token), text)
    }
    const [mine, all] = [JSON.parse(texts[2] ?? ''), JSON.parse(texts[1] ?? '')]
    const tokens = all.map((session: { token: string }) => session.token)
    assert.equal(tokens.length, 2)
    assert.ok(tokens.includes(mine.session.token), 'the own session is found in the list')
    const theirs = tokens.find((token: string) => token !== mine.session.token)
    await send('POST', '/revoke-session', { token: theirs })
    assert.equal(await server.findSession({ cookie: other }), null)
    assert.ok(await server.findSession({ cookie }))
  })

  test('Y12 guesses at one account from many addresses wait over all servers, but not a browser that was there before', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    // The first account waits for a minute, which the guesses at the second one may take on a loaded machine.
    const startedAt = Date.now()
    const now = () => startedAt
    const servers = await Promise.all([open(t, options, store, now), open(t, options, store, now)])
    const [server] = servers
    const made = await server.create({ ...ADA, role: 'owner' }, 'first')
    const known = cookieOf((await server.handle(signIn('long enough'))).headers)
    assert.match(known, /workflows\.device=/)
    const guess = async (email: string, index: number): Promise<unknown> => {
      const attempt = { ...signIn('wrong'), address: `192.0.2.${10 + index}`, body: { email, password: 'wrong' } }
      return await servers[index % 2]?.handle(attempt).catch((error: unknown) => error)
    }
    for (const email of [ADA.email, 'nobody@example.com']) {
      const codes: unknown[] = []
      for (let index = 0; index < 13; index += 1) {
        const error = await guess(email, index)
        codes.push(error instanceof UserError ? error.code : error)
        if (!(error instanceof UserError) || error.code === 'unauthorized') continue
        const seconds = error.facts.retryAfterSeconds ?? 0
        // The minute begins with the last guess that counted.
        assert.ok(seconds > 0 && seconds <= 60, `${seconds} s`)
      }
      assert.deepEqual(codes, [...Array(10).fill('unauthorized'), ...Array(3).fill('too_many_requests')], email)
    }
    const right = { ...signIn('long enough'), address: '192.0.2.200' }
    await assert.rejects(server.handle(right), { code: 'too_many_requests' })
    const fromKnown = await server.handle({ ...right, headers: { ...HEADERS, cookie: known } })
    assert.equal(fromKnown.status, 200)
    const forged = known.replace(/device=..../, 'device=AAAA')
    await assert.rejects(server.handle({ ...right, headers: { ...HEADERS, cookie: forged } }), {
      code: 'too_many_requests',
    })
    assert.equal(made.actor.name, 'Ada')
  })

  test('Y12 guesses at the password in an open session wait, too, whatever asks for it', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const accounts = await open(t, options, store)
    const cookie = cookieOf((await accounts.create({ ...ADA, role: 'owner' }, 'first')).headers)
    let calls = 0
    const confirm = async (path: string, password: string) => {
      calls += 1
      const body = { password, currentPassword: password, newPassword: 'another long one' }
      const address = `192.0.2.${calls}`
      return await accounts.handle({ method: 'POST', path, headers: { ...HEADERS, cookie }, address, body })
    }
    for (let index = 0; index < 10; index += 1) {
      const path = index % 2 === 0 ? '/change-password' : '/two-factor/enable'
      await assert.rejects(confirm(path, 'wrong'), { code: 'bad_request' })
    }
    for (const path of ['/change-password', '/two-factor/enable', '/two-factor/disable']) {
      await assert.rejects(confirm(path, ADA.password), { code: 'too_many_requests' }, path)
    }
    // Signing in has a count of its own.
    assert.equal((await accounts.handle(signIn('long enough'))).status, 200)
  })

  test('Y12 a common password, or the e-mail address, is refused at every way to set one', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const server = await open(t, options, store)
    const common = ['password', '12345678', 'Football', 'trustno1', 'ada@example.com']
    for (const password of common) {
      const refused = server.create({ ...ADA, password, role: 'owner' }, 'first')
      await assert.rejects(refused, { code: 'bad_request', message: /^password: / }, password)
    }
    const made = await server.create({ ...ADA, role: 'owner' }, 'first')
    const headers = { ...HEADERS, cookie: cookieOf(made.headers) }
    for (const newPassword of common) {
      const body = { currentPassword: 'long enough', newPassword }
      const change = { method: 'POST', path: '/change-password', headers, address: '192.0.2.1', body }
      await assert.rejects(server.handle(change), { code: 'bad_request', message: /^password: / }, newPassword)
    }
    await issuePasswordReset(options, { email: ADA.email, hash: 'hash', now: Date.now() })
    await assert.rejects(server.resetPassword('hash', 'password'), { code: 'bad_request' })
    await server.resetPassword('hash', 'another long one')
    const { data } = await store.audit.list({ limit: 1, cursor: null })
    assert.equal(data[0]?.action, 'password.reset')
  })

  test('Y12 a session ends 30 days after its sign-in, however much it is used', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const clock = { ahead: 0 }
    const server = await open(t, options, store, () => Date.now() + clock.ahead)
    const made = await server.create({ ...ADA, role: 'owner' }, 'first')
    const cookie = cookieOf(made.headers)
    const session = await server.findSession({ cookie })
    assert.ok(Math.abs((session?.signedInAt ?? 0) - Date.now()) < 60_000)
    clock.ahead = 30 * 24 * 3600 * 1000 - 60_000
    assert.ok(await server.findSession({ cookie }))
    clock.ahead += 120_000
    const ask = {
      method: 'GET',
      path: '/get-session',
      headers: { ...HEADERS, cookie },
      address: '192.0.2.1',
      body: null,
    }
    assert.equal(await (await server.handle(ask)).text(), 'null')
    clock.ahead = 0
    assert.equal(await server.findSession({ cookie }), null)
  })

  test('Y12 signing in again goes on with one session', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const server = await open(t, options, store)
    const first = cookieOf((await server.create({ ...ADA, role: 'owner' }, 'first')).headers)
    const again = await server.handle({ ...signIn('long enough'), headers: { ...HEADERS, cookie: first } })
    assert.equal(await server.findSession({ cookie: first }), null)
    assert.ok(await server.findSession({ cookie: cookieOf(again.headers) }))
  })

  test('A03 the limit of sign-ins holds over all servers', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const servers = await Promise.all([open(t, options, store), open(t, options, store)])
    // The limit forgets what is ten seconds old, so each must not wait for the check of the password before.
    const answers = await Promise.allSettled(
      [...servers, ...servers, ...servers].map((one) => one.handle(signIn('wrong'))),
    )
    const codes = answers.map((answer) => (answer.status === 'rejected' ? String(answer.reason.code) : ''))
    assert.deepEqual(codes.sort(), [...Array(3).fill('too_many_requests'), ...Array(3).fill('unauthorized')])
  })
})

const ADA = { name: 'Ada', email: 'ada@example.com', password: 'long enough' }
const HEADERS = { host: 'app.test', origin: 'http://app.test' }

const signIn = (password: string) => ({
  method: 'POST',
  path: '/sign-in/email',
  headers: HEADERS,
  address: '192.0.2.1',
  body: { email: 'ada@example.com', password },
})

const cookieOf = (headers: Headers): string =>
  headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')

async function open(
  t: { after(fn: () => Promise<void>): void },
  options: Parameters<typeof openAuthDatabase>[0],
  store: Store,
  now: () => number = Date.now,
): Promise<Accounts> {
  const database = await openAuthDatabase(options)
  t.after(() => database.close())
  const refusals = createRefusals({ write: (entry) => addLine(store, entry), now: Date.now, onError: assert.ifError })
  const noteRefusal = refusals.note
  return await createAccounts({ secret: SECRET, database, publicUrl: null, oidc: null, store, log, now, noteRefusal })
}
