/** Contract, `request_schema`: bodies that break it are 400 with JSON Pointers, and never run. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { exportZip, sendZip } from '../../helpers/archives.ts'
import { onSharedServers, type SharedServer } from '../../helpers/shared-servers.ts'
import { callHook, createCatch, must, type WorkflowBody } from '../../helpers/workflows.ts'

const SOURCE = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": "ran"}\n'
const SCHEMA = {
  type: 'object',
  required: ['email'],
  properties: { email: { type: 'string', format: 'email' }, items: { type: 'array', items: { type: 'integer' } } },
}

type Refusal = { readonly code: string; readonly detail: string; readonly errors: readonly { pointer: string }[] }

onSharedServers((share) => {
  let server: SharedServer
  before(async () => {
    server = await share()
  })
  after(() => server.close())

  const runsOf = async ({ id }: WorkflowBody) =>
    (await must(server.api<{ data: unknown[] }>('GET', `/api/workflows/${id}/runs`), 200)).data.length
  const refusal = (text: string): Refusal => JSON.parse(text)

  test('a body that breaks the schema is 400 with JSON Pointers, and there is no run', async () => {
    const workflow = await createCatch(server, { source: SOURCE, request_schema: SCHEMA })
    const refused = await callHook(workflow, { items: [1, 'x'] })
    assert.equal(refused.status, 400)
    const { code, detail, errors } = refusal(refused.text)
    assert.equal(code, 'invalid_body')
    assert.match(detail, /does not match request_schema: \/email is required, and 1 more\./)
    assert.deepEqual(errors, [
      { pointer: '/email', detail: 'is required' },
      { pointer: '/items/1', detail: 'must be integer' },
    ])
    assert.equal(await runsOf(workflow), 0)
    const taken = await callHook(workflow, { email: 'ada@example.com', items: [42] })
    assert.deepEqual([taken.status, taken.text], [200, 'ran'])
  })

  test('a schema is kept, shown, exported, imported and taken away', async () => {
    const workflow = await createCatch(server, { source: SOURCE, request_schema: SCHEMA })
    const read = () => must(server.api<WorkflowBody>('GET', `/api/workflows/${workflow.id}`), 200)
    assert.deepEqual((await read())['request_schema'], SCHEMA)
    const folder = await exportZip(server, workflow.id)
    const imported = await sendZip(server, '/api/workflows/import?deploy=true', folder.bytes)
    assert.equal(imported.status, 201, imported.text)
    assert.deepEqual(JSON.parse(imported.text).request_schema, SCHEMA)
    await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { request_schema: null }), 200)
    assert.equal((await read())['request_schema'], null)
    assert.equal((await callHook(workflow, {})).status, 200)
  })

  test('a call without a body, forms and files are checked too', async () => {
    const schema = {
      required: ['name', 'resume'],
      properties: { name: { type: 'string' }, tag: { type: 'array' }, resume: { required: ['size'] } },
    }
    const workflow = await createCatch(server, { source: SOURCE, request_schema: schema })
    assert.equal((await fetch(workflow.hook_url, { method: 'POST' })).status, 400)
    const type = { headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    const form = await callHook(workflow, undefined, { ...type, body: 'name=Ada&tag=a&resume=' })
    assert.deepEqual(
      refusal(form.text).errors.map(({ pointer }) => pointer),
      ['/tag'],
    )
    const parts = new FormData()
    parts.set('name', 'Ada')
    parts.append('tag', 'a')
    parts.append('tag', 'b')
    assert.deepEqual(refusal((await callHook(workflow, undefined, { body: parts })).text).errors, [
      { pointer: '/resume', detail: 'is required' },
    ])
    parts.set('resume', new Blob(['%PDF']), 'ada.pdf')
    const taken = await callHook(workflow, undefined, { body: parts })
    assert.equal(taken.status, 200, taken.text)
  })

  test('the schema is that of the request in the document of the hook', async () => {
    const { id } = await createCatch(server, { source: SOURCE, request_schema: SCHEMA })
    type Document = {
      paths: Record<string, { post: { requestBody: { content: Record<string, { schema: object }> } } }>
    }
    const { paths } = await must(server.api<Document>('GET', `/api/workflows/${id}/openapi.json`), 200)
    const [path] = Object.values(paths)
    assert.deepEqual(path?.post.requestBody.content['application/json']?.schema, {
      $id: `urn:workflows:${id}:request`,
      ...SCHEMA,
    })
  })

  test('a schema that cannot be used is 400, and a pull workflow takes none', async () => {
    const make = (kind: string, request_schema: unknown) =>
      server.api<{ detail: string }>('POST', '/api/workflows', { name: 'a', kind, request_schema })
    const remote = await make('catch', { $ref: 'http://example.com/x' })
    assert.equal(remote.status, 400)
    assert.match(remote.body.detail, /^request_schema: \/\$ref: expected a reference inside the schema/)
    assert.equal((await make('catch', [])).status, 400)
    assert.equal((await make('pull', {})).status, 400)
  })

  test('a schema whose check takes very long refuses bodies, and other hooks go on', async () => {
    const both = (n: number) => ({ allOf: [{ $ref: `#/$defs/d${n + 1}` }, { $ref: `#/$defs/d${n + 1}` }] })
    const defs = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`d${n}`, both(n)]))
    const endless = { $defs: { ...defs, d40: { type: 'object' } }, $ref: '#/$defs/d0' }
    const slow = await createCatch(server, { source: SOURCE, request_schema: endless })
    const other = await createCatch(server, { source: SOURCE, request_schema: SCHEMA })
    const waiting = callHook(slow, {})
    assert.equal((await callHook(other, { email: 'ada@example.com' })).status, 200)
    const answer = await waiting
    assert.equal(answer.status, 503, answer.text)
    assert.ok(answer.headers.has('retry-after'))
    assert.equal(await runsOf(slow), 0)
    assert.equal((await callHook(other, { email: 'ada@example.com' })).status, 200)
  })
})
