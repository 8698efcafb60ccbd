/** A workflow that is restricted to some editors: who may change and run it, on both engines. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type EngineServer, forEachEngine } from '../../../helpers/engines.ts'
import { type Answer, readAnswer } from '../../../helpers/server.ts'
import { must } from '../../../helpers/workflows.ts'

const PASSWORD = 'correct horse battery'
const SOURCE = 'def workflow(_request, settings):\n    return None\n'
type Sender = Record<string, string>
type Person = { id: string; sender: Sender }
type Thing = { id: string; key: string; editors: string[] | null; name: string; data: { id: string }[]; url: string }

forEachEngine((start) => {
  let server: EngineServer
  let ada: Person
  let listed: Person
  let other: Person
  let workflowId: string
  let runId: string

  before(async () => {
    server = await start()
    ada = await join('owner', 'ada@example.com')
    listed = await join('editor', 'listed@example.com')
    other = await join('editor', 'other@example.com')
  })
  after(() => server.close())

  async function call(sender: Sender, method: string, path: string, body?: unknown): Promise<Answer<Thing>> {
    const json: Sender = body === undefined ? {} : { 'content-type': 'application/json' }
    const text = body === undefined ? {} : { body: JSON.stringify(body) }
    return await readAnswer(await fetch(server.url + path, { method, headers: { ...json, ...sender }, ...text }))
  }

  async function join(role: string, email: string): Promise<Person> {
    const { url } = await must(server.api<Thing>('POST', '/api/invitations', { email, role }), 201)
    const [, token] = /#token=(\S+)/.exec(url) ?? []
    const joined = await call({}, 'POST', '/api/invitations/accept', { token, name: email, password: PASSWORD })
    const cookie = joined.headers.getSetCookie().map((line) => line.split(';')[0])
    return { id: joined.body.id, sender: { cookie: cookie.join('; '), origin: server.url } }
  }

  /** Everything that changes, tests or runs a workflow, in an order that leaves it usable. */
  const changes = (): readonly (readonly [method: string, path: string, body: unknown, done: number])[] => {
    const at = `/api/workflows/${workflowId}`
    return [
      ['PATCH', at, { description: 'x' }, 200],
      ['POST', `${at}/versions`, { source: SOURCE }, 201],
      ['POST', `${at}/versions/1/deploy`, undefined, 200],
      ['PUT', `${at}/settings/k`, { value: 1 }, 200],
      ['DELETE', `${at}/settings/k`, undefined, 204],
      ['PUT', `${at}/sample-request`, { body: '{}' }, 200],
      ['POST', `${at}/sample-call`, {}, 200],
      ['POST', `${at}/runs`, {}, 200],
      ['POST', `${at}/runs`, { source: SOURCE }, 200],
      ['POST', `${at}/hook-key`, undefined, 200],
      ['POST', `/api/runs/${runId}/replay`, {}, 200],
      ['POST', `/api/runs/${runId}/cancel`, undefined, 409],
      ['DELETE', at, undefined, 409],
    ]
  }
  async function assertMay(sender: Sender, may: boolean, who: string): Promise<void> {
    for (const [method, path, body, done] of changes()) {
      const { status, text } = await call(sender, method, path, body)
      assert.equal(status, may ? done : 403, `${who}: ${method} ${path}: ${text}`)
    }
  }
  async function restrict(editors: readonly string[] | null): Promise<void> {
    const answer = await must(server.api<Thing>('PATCH', `/api/workflows/${workflowId}`, { editors }), 200)
    assert.deepEqual(answer.editors, editors)
  }
  async function create(fields: object = {}): Promise<void> {
    const body = { name: 'restricted', kind: 'catch', ...fields }
    workflowId = (await must(server.api<Thing>('POST', '/api/workflows', body), 201)).id
    await must(server.api('POST', `/api/workflows/${workflowId}/versions`, { source: SOURCE }), 201)
    runId = (await must(server.api<Thing>('POST', `/api/workflows/${workflowId}/runs`, {}), 200)).id
  }
  const keyOf = async (person: Person, scopes: readonly string[]): Promise<Sender> => {
    const { key } = await must(call(person.sender, 'POST', '/api/keys', { name: 'x', scopes }), 201)
    return { authorization: `Bearer ${key}` }
  }

  test('without editors all editors change it, with a list only these and owners, with an empty one only owners', async () => {
    await create()
    await assertMay(other.sender, true, 'all editors')
    await restrict([listed.id])
    await assertMay(other.sender, false, 'not listed')
    await assertMay(listed.sender, true, 'listed')
    await assertMay(ada.sender, true, 'owner')
    await assertMay({ authorization: `Bearer ${server.apiKey}` }, true, 'the key of the installation')
    await restrict([])
    await assertMay(listed.sender, false, 'owners only')
    await assertMay(ada.sender, true, 'owner')
    await restrict(null)
    await assertMay(other.sender, true, 'all editors again')
  })

  test('everyone still reads it, and its hook takes calls', async () => {
    await create({ editors: [] })
    for (const path of ['', '/settings', '/versions', '/runs']) {
      assert.equal((await call(other.sender, 'GET', `/api/workflows/${workflowId}${path}`)).status, 200, path)
    }
    assert.equal((await call(other.sender, 'GET', `/api/runs/${runId}`)).status, 200)
    const { hook_url } = await must(server.api<{ hook_url: string }>('GET', `/api/workflows/${workflowId}`), 200)
    assert.equal((await fetch(hook_url, { method: 'POST' })).status, 200)
    const copied = await must(call(other.sender, 'POST', `/api/workflows/${workflowId}/duplicate`, { name: 'c' }), 201)
    assert.equal(copied.editors, null)
  })

  test('a key may what the person who made it may', async () => {
    await create()
    const maker = await join('owner', `maker-${workflowId}@example.com`)
    const key = await keyOf(maker, ['read', 'run', 'write', 'admin'])
    const made = await must(call(key, 'POST', '/api/keys', { name: 'y', scopes: ['run', 'write'] }), 201)
    const further = { authorization: `Bearer ${made.key}` }
    await restrict([])
    await assertMay(further, true, 'key of a key of an owner')
    await must(server.api('PATCH', `/api/people/${maker.id}`, { role: 'editor', keys: 'keep' }), 200)
    await assertMay(key, false, 'key of an editor')
    await assertMay(further, false, 'key of a key of an editor')
    await restrict([maker.id])
    await assertMay(further, true, 'key of a listed editor')
    await must(server.api('PATCH', `/api/people/${maker.id}`, { role: 'viewer', keys: 'keep' }), 200)
    await assertMay(further, false, 'key of a listed person who is a viewer now')
  })

  test('only owners set the list, of people who exist', async () => {
    await create()
    const at = `/api/workflows/${workflowId}`
    for (const editors of [[], [other.id], null]) {
      assert.equal((await call(other.sender, 'PATCH', at, { editors })).status, 403)
    }
    assert.equal(
      (await call(other.sender, 'POST', '/api/workflows', { name: 'x', kind: 'pull', editors: [] })).status,
      403,
    )
    for (const editors of [['nobody'], [''], 'x', [5], Array(101).fill(other.id)]) {
      assert.equal((await server.api('PATCH', at, { editors })).status, 400, JSON.stringify(editors))
    }
    await must(server.api('PATCH', at, { editors: [other.id, other.id] }), 200)
    assert.deepEqual((await server.api<Thing>('GET', at)).body.editors, [other.id])
  })

  test('runs of it are deleted by its editors only, one and many', async () => {
    await create()
    await restrict([listed.id])
    assert.equal((await call(other.sender, 'DELETE', `/api/runs/${runId}`)).status, 403)
    assert.equal((await call(other.sender, 'POST', '/api/runs/delete', { ids: [runId] })).status, 403)
    const filter = { workflow_id: workflowId }
    const skipped = await call(other.sender, 'POST', '/api/runs/delete', { filter })
    assert.equal(skipped.text, '{"deleted":0,"remaining":0}')
    assert.equal((await server.api('GET', `/api/runs/${runId}`)).status, 200)
    const deleted = await call(listed.sender, 'POST', '/api/runs/delete', { filter })
    assert.equal(deleted.text, '{"deleted":1,"remaining":0}')
  })

  test('Z3-103 a decision of it is explained by its editors only, because that runs it', async () => {
    await create({ editors: [listed.id] })
    const source = `from workflows import decide
def workflow(_request, _settings):
    decide("lea@example.com", "reject", reasons=["r"], inputs={"years": 4})
`
    await must(server.api('POST', `/api/workflows/${workflowId}/versions`, { source }), 201)
    const { hook_url } = await must(server.api<{ hook_url: string }>('GET', `/api/workflows/${workflowId}`), 200)
    const headers = { 'content-type': 'application/json' }
    assert.equal((await fetch(hook_url, { method: 'POST', headers, body: '{"years": 4}' })).status, 200)
    const path = `/api/decisions?workflow_id=${workflowId}`
    const [decision] = (await must(server.api<Thing>('GET', path), 200)).data
    const explain = (sender: Sender) => call(sender, 'POST', `/api/decisions/${decision?.id}/explain`, { max_runs: 1 })
    const refused = await explain(other.sender)
    assert.equal(refused.status, 403, refused.text)
    assert.match(refused.text, /restricted to its editors/)
    const explained = await explain(listed.sender)
    assert.equal(explained.status, 202, explained.text)
  })
})
