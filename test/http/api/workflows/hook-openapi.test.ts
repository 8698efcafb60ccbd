import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { validate } from '@scalar/openapi-parser'
import { shareServer } from '../../../helpers/shared-servers.ts'
import { callHook, createCatch, createPull, must } from '../../../helpers/workflows.ts'

const server = await shareServer()
after(() => server.close())

const SOURCE = `import json
def workflow(_request, settings):
    if _request["name"] == "no": return {"status_code": 422, "body": "no"}
    body = json.dumps({"id": 1, "tags": ["secret-of-ada"], "none": None})
    return {"status_code": 201, "headers": {"Content-Type": "application/json"}, "body": body}
`
type Content = Record<string, { schema?: object; example?: unknown }>
type Operation = {
  parameters: readonly { in: string; name: string }[]
  requestBody: { content: Content }
  responses: Record<string, { content?: Content }>
  security: readonly object[]
}
type Document = { openapi: string; servers: readonly { url: string }[]; paths: Record<string, { post: Operation }> }

test('a hook is described by its sample request and the shapes of its answers', async () => {
  const workflow = await createCatch(server, { source: SOURCE })
  const path = `/api/workflows/${workflow.id}`
  const sample = { headers: { 'X-Job': '1' }, query: { q: '1' }, body: { name: 'Ada', age: 36 } }
  await must(server.api('PUT', `${path}/sample-request`, sample), 200)
  await callHook(workflow, { name: 'Ada' })
  await callHook(workflow, { name: 'no' })
  const document = await must(server.api<Document>('GET', `${path}/openapi.json`), 200)
  const { valid, errors } = await validate(JSON.stringify(document))
  assert.ok(valid, JSON.stringify(errors))
  assert.equal(document.servers[0]?.url, server.url)
  const operation = document.paths[new URL(workflow.hook_url).pathname]?.post
  assert.ok(operation !== undefined)
  assert.deepEqual(
    operation.parameters.map((one) => [one.in, one.name]),
    [
      ['header', 'X-Job'],
      ['query', 'q'],
    ],
  )
  const properties = { name: { type: 'string' }, age: { type: 'number' } }
  assert.deepEqual(operation.requestBody.content['application/json'], {
    schema: { type: 'object', properties },
    example: { name: 'Ada', age: 36 },
  })
  assert.deepEqual(Object.keys(operation.responses), ['201', '422', 'default'])
  assert.deepEqual(operation.responses[201]?.content?.['application/json']?.schema, {
    type: 'object',
    properties: { id: { type: 'number' }, tags: { type: 'array', items: { type: 'string' } }, none: { type: 'null' } },
  })
  assert.ok(!JSON.stringify(document).includes('secret-of-ada'), 'values of answers are not told')
  assert.deepEqual(operation.security, [])
})

test('what callers must prove is said; pull workflows have no hook, and viewers do not see its URL', async () => {
  const check = { scheme: 'bearer', secret: 'a-secret-of-8' }
  const { id } = await createCatch(server, { source: SOURCE, sender_check: check })
  const { text } = await server.api('GET', `/api/workflows/${id}/openapi.json`)
  assert.match(text, /"securitySchemes":\{"sender":\{"type":"http","scheme":"bearer"\}\}/)
  assert.ok(!text.includes('a-secret-of-8'))
  const pull = await createPull(server, { source: 'def workflow(s): pass' })
  assert.equal((await server.api('GET', `/api/workflows/${pull.id}/openapi.json`)).status, 409)
  const { key } = await must(server.api<{ key: string }>('POST', '/api/keys', { name: 'r', scopes: ['read'] }), 201)
  const headers = { authorization: `Bearer ${key}` }
  assert.equal((await fetch(`${server.url}/api/workflows/${id}/openapi.json`, { headers })).status, 403)
})
