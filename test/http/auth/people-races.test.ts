/** What two people do at the same moment, on one server and on two servers of one database. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, readAnswer, type TestServer } from '../../helpers/server.ts'
import { onEachSetup } from '../../helpers/setups.ts'
import { must, until } from '../../helpers/workflows.ts'

const PASSWORD = 'correct horse battery'
const ROUNDS = 5

type Person = { id: string; email: string; role: string }

onEachSetup((prepare) => {
  let one: TestServer
  let other: TestServer
  prepare((setup) => ({ one, other } = setup))

  const people = async () => (await must(one.api<{ data: Person[] }>('GET', '/api/people'), 200)).data
  const invite = async (email: string, role = 'owner'): Promise<string> => {
    const { url } = await must(one.api<{ url: string }>('POST', '/api/invitations', { email, role }), 201)
    return /#token=(\S+)$/.exec(url)?.[1] ?? ''
  }
  const accept = (server: TestServer, token: string) =>
    post(server, '/api/invitations/accept', { token, name: 'Somebody', password: PASSWORD })

  test('A07 each server prints the same link for the owner, and of two owners made at once one wins', async () => {
    const linked = new Set<string>()
    const answers = await Promise.all(
      [one, other].map(async (server, index) => {
        const token = await until(async () => /\/setup#token=([\w-]+)/.exec(server.output())?.[1])
        linked.add(token)
        return await post(server, '/api/setup', { token, email: `first${index}@example.com`, password: PASSWORD })
      }),
    )
    assert.deepEqual(statuses(answers), [201, 409], texts(answers))
    assert.equal((await people()).length, 1)
    assert.equal(linked.size, 1)
  })

  test('an invitation accepted twice at once makes one account, and the loser gets 409, or 404 if late', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const email = `twice${round}@example.com`
      const token = await invite(email)
      const answers = await Promise.all([accept(one, token), accept(other, token)])
      const [won, lost = 0] = statuses(answers)
      assert.ok(won === 201 && [404, 409].includes(lost), texts(answers))
      assert.equal((await people()).filter((person) => person.email === email).length, 1)
      assert.equal((await accept(other, token)).status, 404)
    }
  })

  test('two invitations for one address, accepted at once, make one account', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const email = `both${round}@example.com`
      const tokens = [await invite(email), await invite(email, 'viewer')]
      const answers = await Promise.all([one, other].map((server, index) => accept(server, tokens[index] ?? '')))
      assert.deepEqual(statuses(answers), [201, 409], texts(answers))
      assert.equal((await people()).filter((person) => person.email === email).length, 1)
    }
  })

  const changes = {
    'demote each other': (server: TestServer, id: string) =>
      server.api('PATCH', `/api/people/${id}`, { role: 'editor' }),
    'remove each other': (server: TestServer, id: string) => server.api('DELETE', `/api/people/${id}`),
  }
  for (const [what, change] of Object.entries(changes)) {
    test(`there is always an owner: the last two ${what} at once`, async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const token = await invite(`${what.split(' ')[0]}${round}@example.com`)
        assert.equal((await accept(one, token)).status, 201)
        const [keep, another, ...rest] = (await people()).filter(({ role }) => role === 'owner').reverse()
        assert.ok(keep && another)
        for (const { id } of rest) await must(one.api('PATCH', `/api/people/${id}`, { role: 'viewer' }), 200)
        const answers = await Promise.all([change(one, keep.id), change(other, another.id)])
        const owners = (await people()).filter(({ role }) => role === 'owner')
        assert.equal(owners.length, 1, texts(answers))
        assert.equal(answers.filter(({ status }) => status === 409).length, 1, texts(answers))
      }
    })
  }

  test('of two owners who remove each other at once, only the one who is not removed succeeds', async () => {
    const cookies = await Promise.all(
      ['ada', 'eve'].map(async (who) => cookieOf(await accept(one, await invite(`${who}@example.com`)))),
    )
    const found = await people()
    const ids = ['eve', 'ada'].map((who) => found.find(({ email }) => email === `${who}@example.com`)?.id)
    const answers = await Promise.all(
      [one, other].map(async (server, index) => {
        const headers = { cookie: cookies[index] ?? '', origin: server.url }
        return await readAnswer(await fetch(`${server.url}/api/people/${ids[index]}`, { method: 'DELETE', headers }))
      }),
    )
    const done = answers.filter(({ status }) => status === 204)
    assert.equal(done.length, 1, texts(answers))
    assert.ok(
      answers.every(({ status }) => [204, 401, 403].includes(status)),
      texts(answers),
    )
  })
})

async function post(server: TestServer, path: string, body: unknown): Promise<Answer<unknown>> {
  const headers = { 'content-type': 'application/json' }
  return await readAnswer(await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) }))
}

const statuses = (answers: readonly Answer<unknown>[]) => answers.map(({ status }) => status).sort()
const texts = (answers: readonly Answer<unknown>[]) => answers.map(({ status, text }) => `${status} ${text}`).join('\n')

const cookieOf = (answer: Answer<unknown>): string =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
