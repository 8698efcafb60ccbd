/** A change of an account and its audit line are one transaction, on both databases. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import pino from 'pino'
import { createRefusals } from '../../../../src/http/auth/shared/refusals.ts'
import { createAccounts } from '../../../../src/http/auth/sign-in/accounts.ts'
import { openAuthDatabase } from '../../../../src/store/database/engines/open.ts'
import { accountsSecretOf } from '../../../../src/store/secrets/accounts-secret.ts'
import { forEachDatabase, openSql, openStore } from '../../../helpers/databases.ts'
import { addLine, FIRST_PAGE } from '../../../helpers/store-data.ts'

const PASSWORD = 'long enough'
const ADA = { name: 'Ada', email: 'ada@example.com', password: PASSWORD, role: 'owner' } as const

const cookieOf = (headers: Headers): string =>
  headers
    .getSetCookie()
    .filter((line) => !/Max-Age=0/.test(line))
    .map((line) => line.split(';')[0])
    .join('; ')

forEachDatabase(({ createDatabase }) => {
  test('without room for its audit line, no session starts or ends, and no password or name changes', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const database = await openAuthDatabase(options)
    t.after(() => database.close())
    const { note: noteRefusal } = createRefusals({
      write: (entry) => addLine(store, entry),
      now: Date.now,
      onError: assert.ifError,
    })
    const secret = accountsSecretOf(randomBytes(32))
    const log = pino({ level: 'silent' })
    const given = { secret, database, publicUrl: null, oidc: null, store, log, now: Date.now, noteRefusal }
    const accounts = await createAccounts(given)
    let calls = 0
    const send = async (path: string, body: object, cookie = '') => {
      calls += 1
      const headers = { host: 'app.test', origin: 'http://app.test', ...(cookie === '' ? {} : { cookie }) }
      return await accounts.handle({ method: 'POST', path, headers, address: `192.0.2.${calls}`, body })
    }
    const signIn = (password: string) => send('/sign-in/email', { email: ADA.email, password })
    const owner = cookieOf((await accounts.create(ADA, 'first')).headers)
    const run = await openSql(t, options)
    await run('alter table audit_log rename to elsewhere')
    await assert.rejects(signIn(PASSWORD))
    const changed = { currentPassword: PASSWORD, newPassword: 'another long one' }
    await assert.rejects(send('/change-password', changed, owner))
    await assert.rejects(send('/update-user', { name: 'Eve' }, owner))
    await assert.rejects(send('/sign-out', {}, owner))
    await run('alter table elsewhere rename to audit_log')
    assert.equal((await accounts.findSession({ cookie: owner }))?.actor.name, 'Ada')
    const again = cookieOf((await signIn(PASSWORD)).headers)
    const sessions = await accounts.handle({
      method: 'GET',
      path: '/list-sessions',
      headers: { host: 'app.test', cookie: again },
      address: '192.0.2.1',
      body: undefined,
    })
    assert.equal(((await sessions.json()) as unknown[]).length, 2)
    const { data } = await store.audit.list(FIRST_PAGE)
    assert.deepEqual(
      data.map(({ action }) => action),
      ['session.create', 'owner.create'],
    )
  })
})
