/** Roles, invitations and scopes: who may do what, from outside. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { beforeExpiry } from '../../../helpers/expiry.ts'
import { type Answer, readAnswer, startServer, type TestServer } from '../../../helpers/server.ts'
import { must, until } from '../../../helpers/workflows.ts'

const PASSWORD = 'correct horse battery'
const SOURCE = 'def workflow(_request, settings):\n    return None\n'

type Me = { id: string; name: string; role: string | null; scopes: string[] }
type Person = { id: string; email: string; role: string }
type Invitation = { id: string; email: string; role: string; url: string }
type Workflow = { id: string; hook_url: string | null }
type Sender = Record<string, string>

let server: TestServer
let owner: Sender
let workflow: Workflow
let runId: string

before(async () => {
  server = await startServer()
  const token = await until(async () => /\/setup#token=([\w-]+)/.exec(server.output())?.[1])
  const made = await call({}, 'POST', '/api/setup', {
    token,
    name: 'Ada',
    email: 'ada@example.com',
    password: PASSWORD,
  })
  assert.equal(made.status, 201, made.text)
  owner = senderOf(made)
  workflow = await must(call<Workflow>(owner, 'POST', '/api/workflows', { name: 'hook', kind: 'catch' }), 201)
  await must(call(owner, 'POST', `/api/workflows/${workflow.id}/versions`, { source: SOURCE }), 201)
  await must(
    call(owner, 'PUT', `/api/workflows/${workflow.id}/settings/k`, { value: 'hidden-value', secret: true }),
    200,
  )
  runId = (await must(call<{ id: string }>(owner, 'POST', `/api/workflows/${workflow.id}/runs`, {}), 200)).id
})
after(() => server.close())

async function call<T = Record<string, unknown>>(
  sender: Sender,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer<T>> {
  const json: Sender = body === undefined ? {} : { 'content-type': 'application/json' }
  const text = body === undefined ? {} : { body: JSON.stringify(body) }
  return await readAnswer(await fetch(new URL(path, server.url), { method, headers: { ...json, ...sender }, ...text }))
}

/** A browser that was given a session by this answer. */
function senderOf(answer: Answer<unknown>): Sender {
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  return { cookie, origin: server.url, 'sec-fetch-site': 'same-origin' }
}

async function invite(role: string, email: string): Promise<{ invitation: Invitation; token: string }> {
  const invitation = await must(call<Invitation>(owner, 'POST', '/api/invitations', { email, role }), 201)
  const { search, hash } = new URL(invitation.url)
  const [, token = ''] = /^#token=([\w-]{40,})$/.exec(hash) ?? []
  assert.deepEqual([search, token !== ''], ['', true], invitation.url)
  return { invitation, token }
}

async function join(role: string, email: string): Promise<Sender> {
  const { token } = await invite(role, email)
  const answer = await call<Me>({}, 'POST', '/api/invitations/accept', { token, name: role, password: PASSWORD })
  assert.equal(answer.status, 201, answer.text)
  assert.equal(answer.body.role, role)
  return senderOf(answer)
}

/** Every kind of action, with the status that a person with the right gets. */
const actions = (): readonly (readonly [
  scope: string,
  method: string,
  path: string,
  body: unknown,
  done: number,
])[] => {
  const at = `/api/workflows/${workflow.id}`
  return [
    ['read', 'GET', '/api/workflows', undefined, 200],
    ['read', 'GET', at, undefined, 200],
    ['read', 'GET', `${at}/settings`, undefined, 200],
    ['read', 'GET', `${at}/settings/k/history`, undefined, 200],
    ['read', 'GET', `${at}/versions/1`, undefined, 200],
    ['read', 'GET', `/api/runs/${runId}`, undefined, 200],
    ['read', 'GET', `/api/runs/${runId}/logs`, undefined, 200],
    ['run', 'POST', `${at}/runs`, {}, 200],
    ['run', 'POST', `/api/runs/${runId}/replay`, {}, 200],
    ['run', 'POST', `/api/runs/${runId}/cancel`, undefined, 409],
    ['write', 'POST', `${at}/runs`, { source: SOURCE }, 200],
    ['write', 'PATCH', at, { description: 'x' }, 200],
    ['write', 'POST', `${at}/versions`, { source: SOURCE }, 201],
    ['write', 'POST', `${at}/versions/1/deploy`, undefined, 200],
    ['write', 'PUT', `${at}/settings/other`, { value: 1 }, 200],
    ['write', 'DELETE', `${at}/settings/other`, undefined, 204],
    ['write', 'POST', '/api/workflows', { name: 'another', kind: 'pull' }, 201],
    ['admin', 'GET', '/api/keys', undefined, 200],
    ['admin', 'POST', '/api/keys', { name: 'x', scopes: ['read'] }, 201],
    ['admin', 'GET', '/api/people', undefined, 200],
    ['admin', 'GET', '/api/invitations', undefined, 200],
    ['admin', 'GET', '/api/audit', undefined, 200],
  ]
}

async function assertMayOnly(sender: Sender, scopes: readonly string[]): Promise<void> {
  for (const [scope, method, path, body, done] of actions()) {
    const answer = await call(sender, method, path, body)
    const expected = scopes.includes(scope) ? done : 403
    assert.equal(answer.status, expected, `${method} ${path} (${scope}): ${answer.text}`)
    if (expected === 403) assert.match(String(answer.body.detail), /the scope/)
  }
}

test('A09 a viewer sees everything but secrets and hook URLs, and changes and starts nothing', async () => {
  const viewer = await join('viewer', 'viewer@example.com')
  await assertMayOnly(viewer, ['read'])
  const settings = await call<{ data: { value: unknown }[] }>(viewer, 'GET', `/api/workflows/${workflow.id}/settings`)
  assert.deepEqual(
    settings.body.data.map(({ value }) => value),
    [null],
  )
  for (const path of ['/api/workflows', `/api/workflows/${workflow.id}`]) {
    const { text } = await call(viewer, 'GET', path)
    assert.match(text, /"hook_url":null/)
    assert.ok(!text.includes('/hooks/'), path)
  }
  const hookKey = workflow.hook_url?.split('/').at(-1) ?? ''
  const run = await call<{ request: { url: string } }>(viewer, 'GET', `/api/runs/${runId}`)
  assert.equal(run.body.request.url, '/hooks/***')
  assert.ok(hookKey !== '' && !run.text.includes(hookKey))
  const whole = await call<{ request: { url: string } }>(owner, 'GET', `/api/runs/${runId}`)
  assert.equal(whole.body.request.url, `/hooks/${hookKey}`)
})

test('A09 an editor builds and runs workflows, and leaves people, keys and the audit log to owners', async () => {
  const editor = await join('editor', 'editor@example.com')
  await assertMayOnly(editor, ['read', 'run', 'write'])
  const shown = await call<Workflow>(editor, 'GET', `/api/workflows/${workflow.id}`)
  assert.match(shown.body.hook_url ?? '', /\/hooks\//)
})

test('an owner may do everything', async () => {
  await assertMayOnly(await join('owner', 'second@example.com'), ['read', 'run', 'write', 'admin'])
})

test('A05 a key may do what its scopes say, and can hand on no more than it has', async () => {
  const keyed = async (scopes: readonly string[]): Promise<Sender> => {
    const { key } = await must(call<{ key: string }>(owner, 'POST', '/api/keys', { name: scopes.join(), scopes }), 201)
    return { authorization: `Bearer ${key}` }
  }
  await assertMayOnly(await keyed(['read']), ['read'])
  await assertMayOnly(await keyed(['run']), ['run'])
  const manager = await keyed(['admin', 'read'])
  assert.equal((await call(manager, 'POST', '/api/keys', { name: 'more', scopes: ['write'] })).status, 403)
  assert.equal((await call(manager, 'POST', '/api/keys', { name: 'all' })).status, 403)
  assert.equal((await call(owner, 'POST', '/api/keys', { name: 'x', scopes: ['root'] })).status, 400)
  assert.equal((await call(owner, 'POST', '/api/keys', { name: 'x', scopes: [] })).status, 400)
})

test('Y15 a key grants no more than it has, by an invitation or a role', async () => {
  const { key } = await must(
    call<{ key: string }>(owner, 'POST', '/api/keys', { name: 'people only', scopes: ['admin', 'read'] }),
    201,
  )
  const manager = { authorization: `Bearer ${key}` }
  const email = 'made-by-key@example.com'
  for (const role of ['owner', 'editor']) {
    const answer = await call(manager, 'POST', '/api/invitations', { email, role })
    assert.deepEqual([answer.status, answer.body.code], [403, 'forbidden'], role)
    assert.match(String(answer.body.detail), /role: you do not have run, write/)
  }
  await must(call(manager, 'POST', '/api/invitations', { email, role: 'viewer' }), 201)
  const { id } = await must(call<Me>(await join('viewer', 'raised-by-key@example.com'), 'GET', '/api/me'), 200)
  for (const role of ['owner', 'editor']) {
    assert.equal((await call(manager, 'PATCH', `/api/people/${id}`, { role })).status, 403, role)
  }
  await must(call(manager, 'PATCH', `/api/people/${id}`, { role: 'viewer' }), 200)
})

test('Z3-15 a key takes no scope from a person that it does not have, by a role or by removing the person', async () => {
  const keyed = async (scopes: readonly string[]): Promise<Sender> => {
    const { key } = await must(call<{ key: string }>(owner, 'POST', '/api/keys', { name: 'Z3-15', scopes }), 201)
    return { authorization: `Bearer ${key}` }
  }
  const idOf = async (role: string, email: string) =>
    (await must(call<Me>(await join(role, email), 'GET', '/api/me'), 200)).id
  const [admin, reader] = [await keyed(['admin']), await keyed(['admin', 'read'])]
  for (const role of ['owner', 'editor']) {
    const id = await idOf(role, `taken-${role}@example.com`)
    for (const key of [admin, reader]) {
      const removed = await call(key, 'DELETE', `/api/people/${id}`)
      assert.deepEqual([removed.status, removed.body.code], [403, 'forbidden'], role)
      assert.equal((await call(key, 'PATCH', `/api/people/${id}`, { role: 'viewer' })).status, 403, role)
    }
    await must(call(await keyed(['admin', 'read', 'run', 'write']), 'DELETE', `/api/people/${id}`), 204)
  }
  const viewer = await idOf('viewer', 'taken-viewer@example.com')
  assert.equal((await call(admin, 'DELETE', `/api/people/${viewer}`)).status, 403)
  await must(call(reader, 'DELETE', `/api/people/${viewer}`), 204)
})

test('A05 a key that has expired is refused', async () => {
  for (const wrong of ['yesterday', '2020-01-01T00:00:00Z']) {
    assert.equal((await call(owner, 'POST', '/api/keys', { name: 'x', expires_at: wrong })).status, 400, wrong)
  }
  const made = await beforeExpiry(async (expires_at) => {
    const body = { name: 'x', expires_at }
    const answer = await must(call<{ key: string; expires_at: string }>(owner, 'POST', '/api/keys', body), 201)
    assert.equal(answer.expires_at, expires_at)
    return answer
  })
  const key = { authorization: `Bearer ${made.key}` }
  await until(async () => (await call(key, 'GET', '/api/me')).status === 401 || null)
})

test('Y22 an invitation has its token in the fragment, works once, for its own e-mail, and can be revoked', async () => {
  const { token, invitation } = await invite('viewer', 'Grace@Example.com')
  assert.deepEqual((await call({}, 'POST', '/api/invitations/open', { token })).body, {
    email: 'grace@example.com',
    role: 'viewer',
  })
  const open = await call(owner, 'GET', '/api/invitations')
  assert.ok(open.text.includes(invitation.id) && !open.text.includes(token))
  const accept = () => call<Me>({}, 'POST', '/api/invitations/accept', { token, name: 'Grace', password: PASSWORD })
  const answers = await Promise.all([accept(), accept()])
  assert.equal(answers.filter(({ status }) => status === 201).length, 1, answers.map(({ text }) => text).join('\n'))
  assert.equal((await accept()).status, 404)
  const people = await must(call<{ data: Person[] }>(owner, 'GET', '/api/people'), 200)
  assert.equal(people.data.filter(({ email }) => email === 'grace@example.com').length, 1)

  const revoked = await invite('owner', 'eve@example.com')
  await must(call(owner, 'DELETE', `/api/invitations/${revoked.invitation.id}`), 204)
  const late = { token: revoked.token, name: 'Eve', password: PASSWORD }
  assert.equal((await call({}, 'POST', '/api/invitations/accept', late)).status, 404)
  assert.equal((await call(owner, 'DELETE', `/api/invitations/${revoked.invitation.id}`)).status, 404)
})

test('A06 people cannot change their own role', async () => {
  const viewer = await join('viewer', 'mallory@example.com')
  const { token } = await invite('viewer', 'mallory2@example.com')
  const extra = { token, name: 'M', password: PASSWORD, role: 'owner' }
  assert.equal((await call({}, 'POST', '/api/invitations/accept', extra)).status, 400)
  await call(viewer, 'POST', '/api/auth/update-user', { name: 'M', role: 'owner' })
  const me = await must(call<Me>(viewer, 'GET', '/api/me'), 200)
  assert.deepEqual([me.role, me.scopes], ['viewer', ['read']])
  assert.equal((await call(viewer, 'PATCH', `/api/people/${me.id}`, { role: 'owner' })).status, 403)
})

test('a person chooses a language, which goes with the account; an API key has none', async () => {
  const person = await join('viewer', 'francophone@example.com')
  const me = await must(call<Me & { language?: string | null }>(person, 'GET', '/api/me'), 200)
  assert.equal(me.language, null)
  const chosen = await must(call<{ language: string }>(person, 'PATCH', '/api/me', { language: 'fr' }), 200)
  assert.equal(chosen.language, 'fr')
  assert.equal((await call(person, 'PATCH', '/api/me', { language: 'tlh' })).status, 400)
  const key = { authorization: `Bearer ${server.apiKey}` }
  assert.equal((await call(key, 'PATCH', '/api/me', { language: 'fr' })).status, 403)
  await must(call(owner, 'DELETE', `/api/people/${me.id}`), 204)
  const again = await join('viewer', 'francophone@example.com')
  assert.equal((await must(call<{ language: null }>(again, 'GET', '/api/me'), 200)).language, null)
})

test('A04 a changed role holds at the next request, and a removed person is out at once', async () => {
  const person = await join('editor', 'leaver@example.com')
  const { id } = await must(call<Me>(person, 'GET', '/api/me'), 200)
  const events = await fetch(new URL('/api/events', server.url), { headers: person })
  assert.equal(events.status, 200)
  const demoted = await must(call<Person>(owner, 'PATCH', `/api/people/${id}`, { role: 'viewer' }), 200)
  assert.equal(demoted.role, 'viewer')
  // The stream that was open with the former rights ends.
  await events.text()
  assert.equal((await call(person, 'POST', '/api/workflows', { name: 'x', kind: 'pull' })).status, 403)
  await must(call(owner, 'DELETE', `/api/people/${id}`), 204)
  assert.equal((await call(person, 'GET', '/api/me')).status, 401)
  assert.equal((await call(owner, 'DELETE', `/api/people/${id}`)).status, 404)
  const again = await join('viewer', 'leaver@example.com')
  assert.equal((await call(again, 'GET', '/api/me')).status, 200)
})

test('Z3-111 a removed person does not come back with another invitation that was left', async () => {
  const left = await invite('editor', 'twice@example.com')
  const person = await join('editor', 'twice@example.com')
  const { id } = await must(call<Me>(person, 'GET', '/api/me'), 200)
  await must(call(owner, 'DELETE', `/api/people/${id}`), 204)
  const accept = { token: left.token, name: 'Twice', password: PASSWORD }
  assert.equal((await call({}, 'POST', '/api/invitations/accept', accept)).status, 404)
  const open = await must(call<{ data: Invitation[] }>(owner, 'GET', '/api/invitations'), 200)
  assert.ok(open.data.every(({ email }) => email !== 'twice@example.com'))
  const again = await join('viewer', 'twice@example.com')
  assert.equal((await call(again, 'GET', '/api/me')).status, 200)
})

test('there is always an owner, even when two take each other’s role at once', async () => {
  const { data } = await must(call<{ data: Person[] }>(owner, 'GET', '/api/people'), 200)
  const owners = data.filter(({ role }) => role === 'owner')
  assert.ok(owners.length >= 2)
  const key = { authorization: `Bearer ${server.apiKey}` }
  const answers = await Promise.all(owners.map(({ id }) => call(key, 'PATCH', `/api/people/${id}`, { role: 'editor' })))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [...owners.slice(1).map(() => 200), 409])
  const left = await must(call<{ data: Person[] }>(key, 'GET', '/api/people'), 200)
  const [last] = left.data.filter(({ role }) => role === 'owner')
  assert.ok(last)
  assert.equal((await call(key, 'DELETE', `/api/people/${last.id}`)).status, 409)
})

test('A10 no call changes or deletes a line of the audit log', async () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const answer = await call({ authorization: `Bearer ${server.apiKey}` }, method, '/api/audit')
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET, HEAD'], method)
  }
})

test('A08 a renamed workflow keeps its secrets, and nothing that the API answers shows one', async () => {
  const key = { authorization: `Bearer ${server.apiKey}` }
  const source =
    'def workflow(_request, settings):\n    print(settings["k"])\n    return {"status_code": 200, "body": settings["k"]}\n'
  const at = `/api/workflows/${workflow.id}`
  await must(call(key, 'POST', `${at}/versions`, { source }), 201)
  await must(call(key, 'PATCH', at, { name: 'renamed' }), 200)
  const run = await must(call<{ id: string; status: string }>(key, 'POST', `${at}/runs`, {}), 200)
  assert.equal(run.status, 'succeeded')
  const answers = [
    at,
    `${at}/settings`,
    `${at}/settings/k/history`,
    `${at}/runs`,
    `/api/runs/${run.id}`,
    `/api/runs/${run.id}/logs`,
  ]
  for (const path of [
    ...answers,
    `${at}/versions`,
    '/api/workflows',
    '/api/runs',
    '/api/audit?limit=200',
    '/metrics',
  ]) {
    const { status, text } = await call(key, 'GET', path)
    assert.deepEqual([status, text.includes('hidden-value')], [200, false], path)
  }
})
