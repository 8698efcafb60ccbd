/** Streams end with the rights that opened them, on every server; other streams stay open. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSql } from '../../helpers/databases.ts'
import { beforeExpiry } from '../../helpers/expiry.ts'
import { type Answer, readAnswer, type TestServer } from '../../helpers/server.ts'
import { onEachSetup } from '../../helpers/setups.ts'
import { callHook, createCatch, must, until } from '../../helpers/workflows.ts'

const PASSWORD = 'correct horse battery'
const WAITING = 'import time\ndef workflow(_request, settings):\n    print("here", flush=True)\n    time.sleep(600)\n'

type Sender = Record<string, string>
type Stream = { readonly text: () => string; readonly ended: Promise<void>; readonly isOver: () => boolean }

onEachSetup((prepare) => {
  let one: TestServer
  let other: TestServer
  let databaseUrl: string | null
  prepare((setup) => ({ one, other, databaseUrl } = setup))

  const join = async (email: string): Promise<Sender> => {
    const invited = one.api<{ url: string }>('POST', '/api/invitations', { email, role: 'editor' })
    const token = /#token=(\S+)$/.exec((await must(invited, 201)).url)?.[1]
    return sessionOf(await post(one, '/api/invitations/accept', { token, name: email, password: PASSWORD }))
  }
  const owner = (): Sender => ({ authorization: `Bearer ${one.apiKey}` })
  const idOf = async (sender: Sender): Promise<string> => {
    const me: Answer<{ id: string }> = await readAnswer(await fetch(`${one.url}/api/me`, { headers: sender }))
    return me.body.id
  }
  const newKey = (more: object = {}) =>
    must(one.api<{ id: string; key: string }>('POST', '/api/keys', { name: 'k', scopes: ['read'], ...more }), 201)
  let made = 0
  /** An open stream receives an event that happens now. */
  const assertOpen = async (stream: Stream): Promise<void> => {
    made += 1
    const { id } = await must(
      other.api<{ id: string }>('POST', '/api/workflows', { name: `${made}`, kind: 'pull' }),
      201,
    )
    await until(async () => stream.text().includes(id) || stream.isOver())
    assert.equal(stream.isOver(), false)
  }

  test("A04 a removed person's events and live logs end, and those of others stay", async () => {
    const workflow = await createCatch(one, { source: WAITING, timeout_seconds: 600 })
    const call = callHook(workflow, {})
    const runs = () => other.api<{ data: { id: string }[] }>('GET', `/api/workflows/${workflow.id}/runs?status=running`)
    const run = await until(async () => (await must(runs(), 200)).data[0])
    const person = await join('leaver@example.com')
    const theirs = await open(other, '/api/events', person)
    const logs = await open(other, `/api/runs/${run.id}/logs`, person)
    const ours = await open(other, '/api/events', owner())
    await until(async () => logs.text().includes('"here"'))
    await must(one.api('DELETE', `/api/people/${await idOf(person)}`), 204)
    await Promise.all([theirs.ended, logs.ended])
    assert.ok(!logs.text().includes('event: end'), 'the run goes on')
    await assertOpen(ours)
    await must(one.api('POST', `/api/runs/${run.id}/cancel`), 200)
    await call
  })

  test('A04 a changed role ends the streams of that person', async () => {
    const person = await join('changed@example.com')
    const [theirs, ours] = [await open(other, '/api/events', person), await open(other, '/api/events', owner())]
    await must(one.api('PATCH', `/api/people/${await idOf(person)}`, { role: 'viewer' }), 200)
    await theirs.ended
    await assertOpen(ours)
  })

  test('A05 a revoked key ends its streams, and no other key ends', async () => {
    const [gone, kept] = [await newKey(), await newKey()]
    const theirs = await open(other, '/api/events', { authorization: `Bearer ${gone.key}` })
    const ours = await open(other, '/api/events', { authorization: `Bearer ${kept.key}` })
    await must(one.api('DELETE', `/api/keys/${gone.id}`), 204)
    await theirs.ended
    await assertOpen(ours)
  })

  test('A05 a key that expires ends its streams', async () => {
    const stream = await beforeExpiry(async (expires_at) => {
      const { key } = await newKey({ expires_at })
      return await open(other, '/api/events', { authorization: `Bearer ${key}` })
    })
    await stream.ended
  })

  test('A04 signing out ends the streams of that session, and of no other', async () => {
    const first = await join('twice@example.com')
    const signedIn = await post(one, '/api/auth/sign-in/email', { email: 'twice@example.com', password: PASSWORD })
    const second = sessionOf(signedIn)
    const [theirs, ours] = [await open(other, '/api/events', first), await open(other, '/api/events', second)]
    const headers = { ...first, origin: one.url, 'content-type': 'application/json' }
    assert.equal((await fetch(`${one.url}/api/auth/sign-out`, { method: 'POST', headers, body: '{}' })).status, 200)
    await theirs.ended
    await assertOpen(ours)
  })

  test('a stranger who signs out ends nothing', async () => {
    const ours = await open(other, '/api/events', owner())
    for (let index = 0; index < 3; index += 1) await post(other, '/api/auth/sign-out', {})
    await assertOpen(ours)
  })

  test('a principal has at most 200 open streams', async () => {
    const { id, key } = await newKey()
    const sender = { authorization: `Bearer ${key}` }
    const streams = await Promise.all(Array.from({ length: 200 }, () => open(other, '/api/events', sender)))
    const refused = await readAnswer(await fetch(`${other.url}/api/events`, { headers: sender }))
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '5'], refused.text)
    await assertOpen(await open(other, '/api/events', owner()))
    await must(one.api('DELETE', `/api/keys/${id}`), 204)
    await Promise.all(streams.map(({ ended }) => ended))
  })

  test('a change without a signal is found by polling', async (t) => {
    const { id, key } = await newKey()
    const theirs = await open(other, '/api/events', { authorization: `Bearer ${key}` })
    const sql = await openSql(t, { databaseUrl: databaseUrl, dataDir: one.dataDir })
    await sql(`update api_keys set revoked_at = 1 where id = '${id}'`)
    await theirs.ended
  })
})

async function open(server: TestServer, path: string, sender: Sender): Promise<Stream> {
  const response = await fetch(server.url + path, { headers: { ...sender, accept: 'text/event-stream' } })
  assert.equal(response.status, 200)
  let text = ''
  let isOver = false
  const read = async () => {
    for await (const chunk of (response.body ?? assert.fail('no body')).pipeThrough(new TextDecoderStream()))
      text += chunk
    isOver = true
  }
  const ended = read()
  // A server that stops ends its streams. The rejection fails the file if no test waits for it.
  ended.catch(() => {})
  return { text: () => text, ended, isOver: () => isOver }
}

async function post(server: TestServer, path: string, body: unknown): Promise<Answer<unknown>> {
  const headers = { 'content-type': 'application/json', origin: server.url }
  const answer = await readAnswer(
    await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) }),
  )
  assert.ok(answer.status < 300, answer.text)
  return answer
}

/** A browser that was given a session by this answer. */
function sessionOf(answer: Answer<unknown>): Sender {
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  return { cookie }
}
