/** The API's own description: valid, complete, and readable without any other host. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { validate } from '@scalar/openapi-parser'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { readDocument } from '../../../scripts/client/document.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { must } from '../../helpers/workflows.ts'

type Body = { required?: boolean; content: Record<string, { schema?: { required?: string[] } }> }
type Operation = {
  requestBody?: Body
  summary?: string
  security?: Record<string, string[]>[]
  responses: Record<string, unknown>
  parameters?: { in: string; name: string }[]
}
type Document = { openapi: string; paths: Record<string, Record<string, Operation>> }

/** Contract, section 6, and what the app needs beside it. */
const CALLS = `
POST /hooks/{hook_key}
POST /api/workflows
GET /api/workflows
GET /api/workflows/{id}
PATCH /api/workflows/{id}
POST /api/workflows/{id}/hook-key
POST /api/workflows/{id}/versions
GET /api/workflows/{id}/versions
GET /api/workflows/{id}/language
GET /api/workflows/{id}/versions/{number}
POST /api/workflows/{id}/versions/{number}/deploy
GET /api/workflows/{id}/settings
PUT /api/workflows/{id}/settings/{key}
DELETE /api/workflows/{id}/settings/{key}
GET /api/workflows/{id}/settings/{key}/history
GET /api/workflows/{id}/hrflow/sources
GET /api/workflows/{id}/hrflow/boards
POST /api/workflows/{id}/runs
GET /api/workflows/{id}/runs
GET /api/runs
GET /api/last-runs
GET /api/workflow-glances
GET /api/runs/{id}
GET /api/tasks
GET /api/tasks/{id}
POST /api/tasks/{id}/answer
GET /api/runs/{id}/logs
GET /api/runs/{id}/request-body
GET /api/runs/{id}/response-body
POST /api/runs/{id}/replay
POST /api/runs/{id}/cancel
POST /api/workflows/{id}/duplicate
GET /api/workflows/{id}/export
GET /api/workflows/{id}/openapi.json
POST /api/workflows/import
POST /api/workflows/{id}/import
GET /api/runs/{id}/trace
POST /api/workflows/{id}/trials
GET /api/workflows/{id}/trials
GET /api/workflows/{id}/canary
POST /api/workflows/{id}/canary/promote
POST /api/workflows/{id}/canary/abort
POST /api/workflows/{id}/privacy/preview
GET /api/trials/{id}
GET /api/trials/{id}/cases
POST /api/trials/{id}/cancel
GET /api/decisions
GET /api/decisions/{id}
POST /api/decisions/verify
GET /api/decisions/export
GET /api/decisions/key
GET /api/decisions/{id}/bundle
GET /api/decisions/impact
GET /api/decisions/oversight
POST /api/decisions/{id}/explain
GET /api/decisions/{id}/explanations
GET /api/explanations/{id}
GET /api/shared-settings
GET /api/shared-settings/{key}
PUT /api/shared-settings/{key}
PATCH /api/shared-settings/{key}
DELETE /api/shared-settings/{key}
GET /api/shared-settings/{key}/history
POST /api/privacy/find
POST /api/privacy/export
POST /api/privacy/erase
GET /api/privacy/certificates
GET /api/workflows/{id}/versions/{number}/sbom
POST /api/workflows/{id}/packages/resolve
GET /api/connectors
GET /api/connectors/{id}
GET /api/environments
GET /api/environments/{id}
GET /api/environments/{id}/log
POST /api/environments/{id}/build
DELETE /api/environments/{id}
GET /api/channels
POST /api/channels
GET /api/channels/{id}
PATCH /api/channels/{id}
DELETE /api/channels/{id}
POST /api/channels/{id}/test
GET /api/channels/{id}/previews
GET /api/workflows/{id}/silence
PUT /api/workflows/{id}/silence
DELETE /api/workflows/{id}/silence
GET /api/connection-providers
GET /api/connections
POST /api/connections
GET /api/connections/{id}
PATCH /api/connections/{id}
DELETE /api/connections/{id}
POST /api/connections/{id}/authorize
POST /api/connections/{id}/disconnect
POST /api/connections/{id}/test
GET /api/network
POST /api/network/internal
PATCH /api/network/internal/{id}
DELETE /api/network/internal/{id}
GET /api/system/alerts
PUT /api/system/alerts
GET /api/alerts
DELETE /api/runs/{id}
POST /api/runs/delete
DELETE /api/workflows/{id}
GET /api/workflows/{id}/sample-request
PUT /api/workflows/{id}/sample-request
POST /api/workflows/{id}/sample-request/preview
GET /api/workflows/{id}/draft
PUT /api/workflows/{id}/draft
GET /api/workflows/{id}/draft/history
GET /api/tags
GET /api/views
POST /api/views
PATCH /api/views/{id}
DELETE /api/views/{id}
GET /api/sender-schemes
GET /api/workflows/{id}/refused-calls
POST /api/workflows/{id}/sample-call
GET /api/workflows/{id}/ticks
GET /healthz
GET /readyz
GET /hooks/answers/{token}
POST /hooks/waits/{token}
GET /api/dead-letters
GET /api/dead-letters/{id}/runs
POST /api/dead-letters/{id}/replay
POST /api/dead-letters/{id}/dismiss
GET /api/runs/{id}/attempts
GET /api/runs/{id}/steps
POST /api/runs/{id}/events/{name}
POST /api/runs/{id}/wake
GET /metrics
GET /api/openapi.json
GET /api/keys
POST /api/keys
DELETE /api/keys/{id}
GET /api/people
PATCH /api/people/{id}
DELETE /api/people/{id}
GET /api/invitations
POST /api/invitations
DELETE /api/invitations/{id}
POST /api/invitations/open
POST /api/invitations/accept
POST /api/reset-password
GET /api/me
PATCH /api/me
GET /api/system
GET /api/system/operation
POST /api/setup
POST /api/system/held-runs
GET /api/runtimes
POST /api/runtimes
GET /api/audit
GET /api/audit/export
GET /api/home
GET /api/stats
GET /api/next-ticks
GET /api/workflows/{id}/stats
GET /api/workflows/{id}/next-ticks
GET /api/workflows/{id}/tick-days
GET /api/events`
  .trim()
  .split('\n')

let server: TestServer
let document: Document
before(async () => {
  server = await startServer()
  document = await must(server.api<Document>('GET', '/api/openapi.json'), 200)
})
after(() => server.close())

test('it is a valid OpenAPI 3.1 document', async () => {
  assert.match(document.openapi, /^3\.1\./)
  const { valid, errors } = await validate(JSON.stringify(document))
  assert.ok(valid, JSON.stringify(errors))
})

test('it is made from the routes alone, as the client is', async () => {
  assert.deepEqual(JSON.parse(JSON.stringify(await readDocument())), document)
})

test('its schemas are those of JSON Schema 2020-12', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  let checked = 0
  const walk = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, member] of Object.entries(value)) {
      if (key === 'schema' && typeof member === 'object' && member !== null) {
        assert.ok(ajv.validateSchema(member), `${JSON.stringify(member)}: ${ajv.errorsText()}`)
        checked += 1
      } else walk(member)
    }
  }
  walk(document)
  assert.ok(checked > 100, `${checked} schemas`)
})

test('it holds every call of the contract, each with a summary, its parameters and its answers', () => {
  const found = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  assert.deepEqual([...found].sort(), [...CALLS].sort())
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const operation of Object.values(methods)) {
      assert.ok(operation.summary, path)
      assert.ok(Object.keys(operation.responses).length > 0, path)
      const named = (path.match(/\{(\w+)\}/g) ?? []).map((name) => name.slice(1, -1))
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name)
      assert.deepEqual(inPath.sort(), named.sort(), path)
    }
  }
})

test('Z3-64 each call names the scope that it needs, unless anybody may make it', () => {
  const scopes = (path: string, method: string) => document.paths[path]?.[method]?.security
  const found = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ security }) => security),
  )
  for (const security of found) {
    assert.ok(security)
    const [apiKey, session] = security
    assert.ok(
      security.length === 0 || /^(read|run|write|admin)$/.test(String(apiKey?.apiKey)),
      JSON.stringify(security),
    )
    assert.deepEqual(session?.session, apiKey?.apiKey)
  }
  assert.deepEqual(scopes('/api/workflows', 'get'), [{ apiKey: ['read'] }, { session: ['read'] }])
  assert.deepEqual(scopes('/api/workflows', 'post'), [{ apiKey: ['write'] }, { session: ['write'] }])
  assert.deepEqual(scopes('/api/runs/{id}/replay', 'post'), [{ apiKey: ['run'] }, { session: ['run'] }])
  assert.deepEqual(scopes('/api/keys', 'get'), [{ apiKey: ['admin'] }, { session: ['admin'] }])
  assert.deepEqual(scopes('/api/invitations/accept', 'post'), [])
})

test('a body is required where one of its fields is', () => {
  const bodies = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).flatMap(({ requestBody }) =>
      requestBody === undefined ? [] : [[path, requestBody] as const],
    ),
  )
  assert.ok(bodies.length > 10)
  for (const [path, { required = false, content }] of bodies) {
    const fields = Object.values(content).flatMap(({ schema }) => schema?.required ?? [])
    assert.equal(required, fields.length > 0, path)
  }
})

test('its page comes with everything it needs from this server', async () => {
  const response = await fetch(`${server.url}/api/docs`)
  const page = await response.text()
  assert.equal(response.status, 200)
  assert.equal(new URL(response.url).pathname, '/api/docs/')
  assert.ok(!/\b(?:src|href)="(?:https?:)?\/\//.test(page), page)
  const policy = response.headers.get('content-security-policy') ?? ''
  assert.ok(policy.includes("connect-src 'self'") && !policy.includes('http'), policy)
  const [, script = ''] = /<script src="([^"]+)"/.exec(page) ?? []
  const code = await fetch(new URL(script, response.url))
  assert.equal(code.status, 200)
  assert.match(code.headers.get('content-type') ?? '', /javascript/)
  await code.body?.cancel()
})

test('Y01 its page sends calls of hooks without credentials', async () => {
  const page = await (await fetch(`${server.url}/api/docs/`)).text()
  assert.match(page, /startsWith\('\/hooks\/'\).*credentials: 'omit'/)
})

test('Y04 its script is compressed', async () => {
  const sizes = new Map<string, number>()
  for (const encoding of ['identity', 'gzip', 'br']) {
    const response = await fetch(`${server.url}/api/docs/js/scalar.js`, { headers: { 'accept-encoding': encoding } })
    assert.equal(response.headers.get('content-encoding') ?? 'identity', encoding)
    sizes.set(encoding, Number(response.headers.get('content-length')))
    assert.match(await response.text(), /^\(function\(\)/)
  }
  const [plain = 0, gzip = 0, brotli = 0] = sizes.values()
  assert.ok(brotli < gzip && gzip < plain / 2, [...sizes].join())
})

test('Y24 its page allows no inline script but its own, by hash', async () => {
  const response = await fetch(`${server.url}/api/docs/`)
  const policy = response.headers.get('content-security-policy') ?? ''
  const [scripts = ''] = /script-src[^;]*/.exec(policy) ?? []
  assert.ok(!scripts.includes('unsafe-inline') && scripts.includes("'sha256-"), policy)
  await response.body?.cancel()
})

test('metrics count runs by status', async () => {
  const workflow = await must(server.api<{ id: string }>('POST', '/api/workflows', { name: 'm', kind: 'catch' }), 201)
  await must(
    server.api('POST', `/api/workflows/${workflow.id}/versions`, {
      source: 'def workflow(r, s):\n    raise ValueError("x")\n',
    }),
    201,
  )
  await must(server.api('POST', `/api/workflows/${workflow.id}/runs`, {}), 200)
  const text = await (await fetch(`${server.url}/metrics`)).text()
  assert.match(text, /^workflows_runs_total\{status="failed"\} 1$/m)
  assert.match(text, /^workflows_runs_total\{status="succeeded"\} 0$/m)
  assert.match(text, /^workflows_run_duration_seconds_count\{status="failed"\} 1$/m)
  for (const name of [
    'workflows_runs_running',
    'workflows_runs_waiting',
    'workflows_workers',
    'workflows_spare_workers',
  ]) {
    assert.match(text, new RegExp(`^${name} \\d+$`, 'm'))
  }
})
