/** The client against a real server. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ApiError, type Client, createClient, type Schemas, UNREACHABLE } from '../../client/index.ts'
import { type SharedServer, shareServer } from '../helpers/shared-servers.ts'

/** JavaScript's numbers would make …776000 and 1 of these. */
const BIG = '{"big":9223372036854775808,"one":1.0}'
const SOURCE = 'def workflow(r, s):\n    s["seen"] = [12345678901234567890, 1.0]\n    print("hello")\n'

let server: SharedServer
let client: Client
before(async () => {
  server = await shareServer()
  client = createClient({ baseUrl: `${server.url}/`, apiKey: server.apiKey })
})
after(() => server.close())

async function createWorkflow(name: string, source = SOURCE): Promise<Schemas['Workflow']> {
  const workflow = await client.post('/api/workflows', { body: { name, kind: 'catch' } })
  await client.post('/api/workflows/{id}/versions', { path: { id: workflow.id }, body: { source } })
  return workflow
}

test('calls return what the schema says', async () => {
  const { id } = await createWorkflow('typed by the client')
  const changed = await client.patch('/api/workflows/{id}', { path: { id }, body: { description: 'changed' } })
  const description: string = changed.description
  assert.equal(description, 'changed')
  const { data } = await client.get('/api/workflows', { query: { q: 'typed by the client', limit: 10, kind: null } })
  assert.deepEqual(
    data.map((workflow) => workflow.id),
    [id],
  )
  await client.patch('/api/workflows/{id}', { path: { id }, body: { archived: true } })
  assert.equal(await client.delete('/api/workflows/{id}', { path: { id } }), undefined)
})

test('what the schema does not say is a type error', () => {
  const misuses = [
    // @ts-expect-error: there is no such path
    () => client.get('/api/nothing'),
    // @ts-expect-error: the path has no such method
    () => client.delete('/api/me'),
    // @ts-expect-error: the path's parameter is missing
    () => client.get('/api/runs/{id}'),
    // @ts-expect-error: a field of the body is missing
    () => client.post('/api/workflows', { body: { name: 'x' } }),
    // @ts-expect-error: the body has no such field
    () => client.post('/api/workflows', { body: { name: 'x', kind: 'catch', colour: 'red' } }),
    // @ts-expect-error: the query has no such value
    () => client.get('/api/runs', { query: { status: 'broken' } }),
    // @ts-expect-error: the answer has no such field
    async () => (await client.get('/api/me')).colour,
    // @ts-expect-error: the path is no stream
    () => client.stream('/api/me'),
  ]
  assert.equal(misuses.length, 8)
})

test('a refusal is an ApiError with status, code and detail', async () => {
  const error = await client.get('/api/runs/{id}', { path: { id: 'run_0' } }).catch((found: unknown) => found)
  assert.ok(error instanceof ApiError)
  const { status, code, detail, message } = error
  assert.deepEqual({ status, code }, { status: 404, code: 'not_found' })
  assert.match(detail, /run_0/)
  assert.equal(message, detail)
  const stranger = createClient({ baseUrl: server.url, apiKey: 'wf_wrong' })
  await assert.rejects(stranger.get('/api/me'), { status: 401, code: 'unauthorized' })
})

test('an error says the line of code and the revision of a setting', async () => {
  const { id } = await createWorkflow('wrong')
  const load = client.post('/api/workflows/{id}/versions', { path: { id }, body: { source: 'def (:' } })
  await assert.rejects(load, { status: 422, line: 1 })
  const path = { id, key: 'K' }
  const { revision } = await client.put('/api/workflows/{id}/settings/{key}', { path, body: { value: '1' } })
  const stale = client.put('/api/workflows/{id}/settings/{key}', { path, body: { value: '2', base_revision: 0 } })
  await assert.rejects(stale, { status: 409, revision })
})

test('a server that is not there is an ApiError too', async () => {
  const nowhere = createClient({ baseUrl: 'http://127.0.0.1:1' })
  await assert.rejects(nowhere.get('/api/system'), { name: 'ApiError', status: 0, code: UNREACHABLE })
})

test('JSON of users comes and goes as the text that it is', async () => {
  const { id } = await createWorkflow('lossless')
  const path = { id, key: 'VALUE' }
  const { value } = await client.put('/api/workflows/{id}/settings/{key}', { path, body: { value: BIG } })
  assert.equal(value, BIG)
  const { data } = await client.get('/api/workflows/{id}/settings', { path: { id } })
  assert.deepEqual(
    data.map((setting) => setting.value),
    [BIG],
  )
  const run = await client.post('/api/workflows/{id}/runs', { path: { id }, body: { request: { body: '{}' } } })
  assert.deepEqual(run.settings_changes, [{ key: 'seen', old: null, new: '[12345678901234567890,1.0]' }])
})

test('text that is not JSON is not sent', async () => {
  const path = { id: 'wf_1', key: 'K' }
  const put = client.put('/api/workflows/{id}/settings/{key}', { path, body: { value: '1,"secret":false' } })
  await assert.rejects(put, SyntaxError)
})

test('a parameter never changes which call is made', async () => {
  for (const key of ['..', '.', '']) {
    const call = client.delete('/api/workflows/{id}/settings/{key}', { path: { id: 'wf_1', key }, body: {} })
    await assert.rejects(call, TypeError)
  }
  const call = client.get('/api/runs/{id}', { path: { id: '../me?x=#y' } })
  await assert.rejects(call, { status: 404, code: 'not_found' })
})

test('a stream gives the lines of a run until it ends', async () => {
  const { id } = await createWorkflow('streams', 'def workflow(r, s):\n    print("one")\n    print("two")\n')
  const run = await client.post('/api/workflows/{id}/runs', { path: { id }, headers: { prefer: 'respond-async' } })
  const lines: string[] = []
  let ended: string | null = null
  for await (const event of client.stream('/api/runs/{id}/logs', { path: { id: run.id } })) {
    if (event.event === 'line') lines.push(event.data.text)
    else ended = event.data.run_id
  }
  assert.deepEqual(lines, ['one', 'two'])
  assert.equal(ended, run.id)
})

test('a stream of events tells of runs and changes, and ends when it is left', async () => {
  const { id } = await createWorkflow('events')
  const controller = new AbortController()
  const seen = new Set<string>()
  let wakes = 0
  const wake = setInterval(() => {
    wakes += 1
    client.patch('/api/workflows/{id}', { path: { id }, body: { description: `wake ${wakes}` } }).catch(() => {})
    client.post('/api/workflows/{id}/runs', { path: { id } }).catch(() => {})
  }, 200)
  for await (const event of client.stream('/api/events', { signal: controller.signal })) {
    if (event.data.workflow_id !== id) continue
    seen.add(event.event === 'run' ? event.data.status : event.data.action)
    if (seen.has('succeeded') && seen.has('workflow.update')) break
  }
  clearInterval(wake)
  assert.ok(seen.has('running') || seen.has('succeeded'), [...seen].join())
})

test('a stream that is refused is an ApiError', async () => {
  const lines = client.stream('/api/runs/{id}/logs', { path: { id: 'run_0' } })
  await assert.rejects(lines.next(), { status: 404, code: 'not_found' })
})
