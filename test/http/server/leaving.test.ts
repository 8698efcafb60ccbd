/** The API keys and invitations of a person who is removed or is no longer an owner. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { forEachEngine } from '../../helpers/engines.ts'
import { type Answer, readAnswer, type TestServer } from '../../helpers/server.ts'
import { must } from '../../helpers/workflows.ts'

const PASSWORD = 'correct horse battery'

type Sender = Record<string, string>
type Person = { id: string; sender: Sender }
type Key = {
  id: string
  key: string
  revoked_at: string | null
  created_by: { type: string; id: string; name: string }
}
type Invitation = { id: string; url: string }

/** A key that may invite an owner needs every scope that an owner has. */
const ALL = ['read', 'run', 'write', 'admin']

forEachEngine((start) => {
  let server: TestServer
  before(async () => {
    server = await start()
    await owner('stays@example.com')
  })
  after(() => server.close())

  async function call<T>(sender: Sender, method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const json: Sender = body === undefined ? {} : { 'content-type': 'application/json' }
    const text = body === undefined ? {} : { body: JSON.stringify(body) }
    return await readAnswer(await fetch(server.url + path, { method, headers: { ...json, ...sender }, ...text }))
  }

  const tokenOf = ({ url }: Invitation) => /#token=(\S+)$/.exec(url)?.[1]

  async function owner(email: string): Promise<Person> {
    const invitation = await must(server.api<Invitation>('POST', '/api/invitations', { email, role: 'owner' }), 201)
    const body = { token: tokenOf(invitation), name: email, password: PASSWORD }
    const joined = await call<{ id: string }>({}, 'POST', '/api/invitations/accept', body)
    assert.equal(joined.status, 201, joined.text)
    const cookie = joined.headers.getSetCookie().map((line) => line.split(';')[0])
    return { id: joined.body.id, sender: { cookie: cookie.join('; '), origin: server.url } }
  }

  const newKey = async (sender: Sender, name: string): Promise<Key> =>
    await must(call<Key>(sender, 'POST', '/api/keys', { name, scopes: ALL }), 201)
  const senderOf = ({ key }: Key): Sender => ({ authorization: `Bearer ${key}` })
  const works = async (key: Key): Promise<boolean> => (await call(senderOf(key), 'GET', '/api/me')).status === 200
  const invite = async (sender: Sender, email: string): Promise<Invitation> =>
    await must(call<Invitation>(sender, 'POST', '/api/invitations', { email, role: 'owner' }), 201)
  const isOpen = async (invitation: Invitation): Promise<boolean> =>
    (await call({}, 'POST', '/api/invitations/open', { token: tokenOf(invitation) })).status === 200

  /** An owner with a key, another key that this one made, and an invitation by each of them. */
  async function busyOwner(email: string) {
    const person = await owner(email)
    const key = await newKey(person.sender, `of ${email}`)
    const further = await newKey(senderOf(key), `further of ${email}`)
    const invitations = [await invite(person.sender, `a-${email}`), await invite(senderOf(further), `b-${email}`)]
    return { person, keys: [key, further], invitations }
  }

  test('a list of keys names the creator of each', async () => {
    const { person, keys } = await busyOwner('maker@example.com')
    const { data } = await must(server.api<{ data: Key[] }>('GET', '/api/keys'), 200)
    const makers = keys.map(({ id }) => data.find((key) => key.id === id)?.created_by)
    assert.deepEqual(makers, [
      { type: 'person', id: person.id, name: 'maker@example.com' },
      { type: 'api_key', id: keys[0]?.id, name: 'of maker@example.com' },
    ])
  })

  const leaving: Readonly<Record<string, (id: string, keep: boolean) => Promise<Answer<unknown>>>> = {
    removed: (id, keep) => server.api('DELETE', `/api/people/${id}${keep ? '?keys=keep' : ''}`),
    'no owner any more': (id, keep) =>
      server.api('PATCH', `/api/people/${id}`, { role: 'editor', ...(keep ? { keys: 'keep' } : {}) }),
  }
  for (const [what, leave] of Object.entries(leaving)) {
    test(`A05 who is ${what} has no key and no invitation left to come back with`, async () => {
      const email = `${what.split(' ')[0]}@example.com`
      const { person, keys, invitations } = await busyOwner(email)
      const foreign = await newKey({ authorization: `Bearer ${server.apiKey}` }, 'foreign')
      const open = await invite({ authorization: `Bearer ${server.apiKey}` }, `c-${email}`)
      const left = await leave(person.id, false)
      assert.ok(left.status < 300, left.text)
      assert.deepEqual(await Promise.all(keys.map(works)), [false, false])
      assert.deepEqual(await Promise.all(invitations.map(isOpen)), [false, false])
      assert.deepEqual([await works(foreign), await isOpen(open)], [true, true])
      const { text } = await server.api('GET', '/api/audit?limit=10')
      for (const { id } of keys) assert.ok(text.includes(id), text)
    })

    test(`keys of who is ${what} go on where that is asked for, and invitations do not`, async () => {
      const { person, keys, invitations } = await busyOwner(`keep-${what.split(' ')[0]}@example.com`)
      const left = await leave(person.id, true)
      assert.ok(left.status < 300, left.text)
      assert.deepEqual(await Promise.all(keys.map(works)), [true, true])
      assert.deepEqual(await Promise.all(invitations.map(isOpen)), [false, true])
    })
  }

  test('A05 who is removed while making keys and invitations without end keeps none of them', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { person, keys } = await busyOwner(`fast${round}@example.com`)
      const senders = [person.sender, ...keys.map(senderOf)]
      const removed = server.api('DELETE', `/api/people/${person.id}`)
      const made = senders.flatMap((sender) =>
        Array.from(
          { length: 10 },
          (_, index) =>
            [
              call<Key>(sender, 'POST', '/api/keys', { name: `${index}`, scopes: ALL }),
              call<Invitation>(sender, 'POST', '/api/invitations', { email: `d${index}@example.com`, role: 'owner' }),
            ] as const,
        ),
      )
      await must(removed, 204)
      for (const [key, invitation] of made) {
        const [{ status, body, text }, invited] = [await key, await invitation]
        assert.ok([201, 401, 403].includes(status), text)
        if (status === 201) assert.equal(await works(body), false)
        assert.ok([201, 401, 403].includes(invited.status), invited.text)
        if (invited.status === 201) assert.equal(await isOpen(invited.body), false)
      }
    }
  })

  test('another role that is no loss changes nothing, and a refused change neither', async () => {
    const { person, keys } = await busyOwner('same@example.com')
    await must(server.api('PATCH', `/api/people/${person.id}`, { role: 'owner' }), 200)
    assert.equal((await server.api('DELETE', `/api/people/${person.id}?keys=both`)).status, 400)
    assert.deepEqual(await Promise.all(keys.map(works)), [true, true])
  })
})
