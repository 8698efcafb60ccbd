/** Whom a provider's sign-in lets in, on both databases, and which role claims stand for. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import pino from 'pino'
import { createRefusals } from '../../../../src/http/auth/shared/refusals.ts'
import { createAccounts } from '../../../../src/http/auth/sign-in/accounts.ts'
import { roleOf } from '../../../../src/http/auth/sign-in/oidc.ts'
import { openAuthDatabase } from '../../../../src/store/database/engines/open.ts'
import { issuePasswordReset } from '../../../../src/store/people/password-resets.ts'
import { accountsSecretOf } from '../../../../src/store/secrets/accounts-secret.ts'
import { forEachDatabase, openStore } from '../../../helpers/databases.ts'
import { addLine } from '../../../helpers/store-data.ts'

const ADA = { name: 'Ada', email: 'ada@example.com', password: 'long enough', role: 'owner' } as const
const GRACE = { providerId: 'oidc', subject: '1', email: 'grace@example.com', isEmailVerified: true, name: 'Grace' }
const DAY_MS = 24 * 3600_000

forEachDatabase(({ createDatabase }) => {
  async function open(t: { after(fn: () => Promise<void>): void }) {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const database = await openAuthDatabase(options)
    t.after(() => database.close())
    const accounts = await createAccounts({
      secret: accountsSecretOf(randomBytes(32)),
      database,
      publicUrl: null,
      oidc: null,
      store,
      log: pino({ level: 'silent' }),
      now: Date.now,
      noteRefusal: createRefusals({ write: (entry) => addLine(store, entry), now: Date.now, onError: assert.ifError })
        .note,
    })
    const { actor } = await accounts.create(ADA, 'first')
    const invite = (email: string, role: 'viewer' | 'editor') =>
      store.people.createInvitation(
        { id: `inv_${role}`, email, role, createdAt: Date.now(), expiresAt: Date.now() + DAY_MS, createdBy: actor },
        email,
      )
    return { options, store, accounts, actor, invite }
  }

  test('Y12 an invitation makes one account for a verified address, with its role where no claim says another', async (t) => {
    const { store, accounts, invite } = await open(t)
    const at = Date.now()
    const person = { ...GRACE, role: undefined, at }
    assert.deepEqual(await store.people.admit(person), { refusal: 'not_invited' })
    await invite(GRACE.email, 'editor')
    assert.deepEqual(await store.people.admit({ ...person, isEmailVerified: false }), { refusal: 'email_not_verified' })
    assert.deepEqual(await store.people.admit({ ...person, role: null }), { refusal: 'no_role' })
    assert.equal((await accounts.list()).length, 1)
    const admissions = await Promise.all([store.people.admit(person), store.people.admit(person)])
    assert.deepEqual(admissions.map((one) => one.refusal === null && one.isNew).sort(), [false, true])
    assert.deepEqual(
      (await accounts.list()).map(({ email, role }) => [email, role]),
      [
        [ADA.email, 'owner'],
        [GRACE.email, 'editor'],
      ],
    )
    assert.deepEqual(await store.people.listInvitations(at), [])
  })

  test('Y12 a claim changes the role; an owner who stops being one loses keys, and the last owner stays', async (t) => {
    const { store, accounts, actor, invite } = await open(t)
    await invite(GRACE.email, 'viewer')
    const at = Date.now()
    const made = await store.people.admit({ ...GRACE, role: 'owner', at })
    assert.ok(made.refusal === null && made.isNew)
    const key = { id: 'key_1', name: 'k', prefix: 'wf_1', scopes: ['read'] as const, createdAt: at, expiresAt: null }
    await store.people.createApiKey({
      ...key,
      hash: 'hash',
      createdBy: { type: 'person', id: made.personId, name: 'Grace' },
    })
    const lowered = await store.people.admit({ ...GRACE, role: 'viewer', at })
    assert.ok(lowered.refusal === null)
    assert.deepEqual([lowered.newRole, lowered.endedKeys], ['viewer', ['key_1']])
    const last = await store.people.admit({ ...GRACE, subject: '2', email: ADA.email, role: 'viewer', at })
    assert.ok(last.refusal === null && last.newRole === null && last.personId === actor.id)
    assert.deepEqual(
      (await accounts.list()).map(({ role }) => role),
      ['owner', 'viewer'],
    )
  })

  test('a person who has no password sets one by a link from the command line', async (t) => {
    const { options, store, accounts, invite } = await open(t)
    await invite(GRACE.email, 'viewer')
    await store.people.admit({ ...GRACE, role: undefined, at: Date.now() })
    await issuePasswordReset(options, { email: GRACE.email, hash: 'hash', now: Date.now() })
    await accounts.resetPassword('hash', 'a long password')
    const body = { email: GRACE.email, password: 'a long password' }
    const headers = { host: 'app.test', origin: 'http://app.test' }
    const answer = await accounts.handle({
      method: 'POST',
      path: '/sign-in/email',
      headers,
      address: '192.0.2.1',
      body,
    })
    assert.equal(answer.status, 200)
  })
})

test('a claim stands for the highest role of its values, by a name or a path', () => {
  const roles = [
    { role: 'owner', value: 'admins' },
    { role: 'editor', value: 'hr' },
    { role: 'editor', value: 'it' },
  ] as const
  const by = (roleClaim: string | null, claims: Record<string, unknown>) => roleOf(claims, { roleClaim, roles })
  assert.equal(by('groups', { groups: ['x', 'it', 'admins'] }), 'owner')
  assert.equal(by('groups', { groups: 'hr' }), 'editor')
  assert.equal(by('realm.roles', { realm: { roles: ['hr'] } }), 'editor')
  assert.equal(by('https://example.com/role', { 'https://example.com/role': 'admins' }), 'owner')
  for (const claims of [{}, { groups: [] }, { groups: null }, { groups: { admins: 1 } }, { groups: ['Admins'] }]) {
    assert.equal(by('groups', claims), null)
  }
  assert.equal(by('constructor.name', {}), null)
  assert.equal(by(null, { groups: ['admins'] }), undefined)
  assert.equal(roleOf({}, { roleClaim: 'groups', roles: [{ role: 'viewer', value: '*' }] }), 'viewer')
})
