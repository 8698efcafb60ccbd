/** Hooks that allow GET: the query is the request, and loads that no person asked for run nothing. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type SharedServer, shareServer } from '../../helpers/shared-servers.ts'
import { createCatch, createPull, must, type RunBody, type WorkflowBody } from '../../helpers/workflows.ts'

const PYTHON = `import json
def workflow(_request, settings):
    seen = {"method": _request.method, "challenge": _request["challenge"], "tags": _request.get("tag"), "body": len(_request.body)}
    return {"status_code": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(seen)}
`
const TYPESCRIPT = `export default function workflow(request: any, settings: any) {
  const { challenge, tag } = request.fields
  const seen = { method: request.method, challenge, tags: tag ?? null, body: request.body.length, own: request.challenge }
  return { status_code: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(seen) }
}
`
const BOTH = ['POST', 'GET']

let server: SharedServer
let hook: WorkflowBody

before(async () => {
  server = await shareServer()
  hook = await createCatch(server, { source: PYTHON, methods: BOTH })
})
after(() => server.close())

type Init = { readonly method?: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
const call = (query: string, init: Init = {}, { hook_url } = hook) => fetch(hook_url + query, init)

const countRuns = async ({ id } = hook): Promise<number> =>
  (await must(server.api<{ data: unknown[] }>('GET', `/api/workflows/${id}/runs?limit=200`), 200)).data.length

async function assertRunsNothing(answer: Promise<Response>, status: number, before: number): Promise<Response> {
  const found = await answer
  assert.equal(found.status, status)
  assert.equal(await countRuns(), before)
  return found
}

test('the query of a GET is its request, in Python and in TypeScript', async () => {
  const query = '?challenge=a%20b&tag=1&tag=2'
  const answer = await call(query, { headers: { 'Content-Type': 'text/calendar' } })
  assert.deepEqual(await answer.json(), { method: 'GET', challenge: 'a b', tags: ['1', '2'], body: 0 })
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  const script = await createCatch(server, { source: TYPESCRIPT, runtime: 'node24', methods: ['GET'] })
  const seen = await (await call(query, {}, script)).json()
  assert.deepEqual(seen, { method: 'GET', challenge: 'a b', tags: ['1', '2'], body: 0, own: 'a b' })
  const refused = await call(
    '',
    { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } },
    script,
  )
  assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET, HEAD'])
})

test('a run keeps its method, so that a replay and a test of the same request are a GET', async () => {
  const answer = await call('?challenge=kept')
  const id = answer.headers.get('workflow-run') ?? ''
  const run = await must(
    server.api<RunBody & { request: { method: string; body: string } }>('GET', `/api/runs/${id}`),
    200,
  )
  assert.deepEqual([run.request.method, run.request.body], ['GET', ''])
  type Replayed = { readonly response: { readonly body: string } }
  const replay = await must(server.api<Replayed>('POST', `/api/runs/${id}/replay`, {}), 200)
  assert.equal(JSON.parse(replay.response.body).challenge, 'kept')
  const request = { method: 'GET', query: 'challenge=tried' }
  const tried = await must(server.api<Replayed>('POST', `/api/workflows/${hook.id}/runs`, { request }), 200)
  assert.deepEqual(JSON.parse(tried.response.body), { method: 'GET', challenge: 'tried', tags: null, body: 0 })
  const withBody = { request: { ...request, body: { a: 1 } } }
  const refused = await server.api<{ detail: string }>('POST', `/api/workflows/${hook.id}/runs`, withBody)
  assert.deepEqual(
    [refused.status, refused.body.detail],
    [400, 'request.body: Expected no body in a GET. Its fields are in the query.'],
  )
})

test('HEAD, and a GET that a browser sends in advance or into a page, run nothing', async () => {
  const before = await countRuns()
  const head = await assertRunsNothing(call('?challenge=1', { method: 'HEAD' }), 200, before)
  assert.equal(head.headers.get('content-length'), '0')
  for (const [name, value] of [
    ['Sec-Purpose', 'prefetch;prerender'],
    ['Purpose', 'prefetch'],
    ['X-Purpose', 'preview'],
    ['X-Moz', 'prefetch'],
    ['Sec-Fetch-Dest', 'script'],
    ['Sec-Fetch-Dest', 'serviceworker'],
  ] as const)
    await assertRunsNothing(call('?challenge=1', { headers: { [name]: value } }), 403, before)
  const put = await assertRunsNothing(call('', { method: 'PUT', body: '' }), 405, before)
  assert.equal(put.headers.get('allow'), 'POST, GET, HEAD')
  const opened = await call('?challenge=1', { headers: { 'Sec-Fetch-Dest': 'document' } })
  assert.equal(opened.status, 200)
  assert.equal(opened.headers.get('content-security-policy'), 'sandbox')
})

test('a query that is no valid form is refused before a run, and so is one that the schema refuses', async () => {
  const before = await countRuns()
  await assertRunsNothing(call('?challenge=%ff'), 400, before)
  const schema = { type: 'object', required: ['challenge'] }
  const strict = await createCatch(server, { source: PYTHON, methods: BOTH, request_schema: schema })
  assert.equal((await call('?other=1', {}, strict)).status, 400)
  assert.equal((await call('?challenge=1', {}, strict)).status, 200)
})

test('callers of a GET prove who they are, and a repeated key with another query is refused', async () => {
  const secret = 'a-secret-of-8'
  const checked = await createCatch(server, {
    source: PYTHON,
    methods: BOTH,
    sender_check: { scheme: 'bearer', secret },
    idempotency: { from: 'header' },
  })
  assert.equal((await call('?challenge=1', {}, checked)).status, 401)
  const headers = { Authorization: `Bearer ${secret}`, 'Idempotency-Key': 'one' }
  assert.equal((await call('?challenge=1', { headers }, checked)).status, 200)
  const again = await call('?challenge=1', { headers }, checked)
  assert.equal(again.headers.get('idempotency-replayed'), 'true')
  assert.equal((await call('?challenge=2', { headers }, checked)).status, 422)
})

test('the owner sets the methods of a hook, the audit log names them, and a pull workflow has none', async () => {
  const workflow = await createCatch(server, { source: PYTHON })
  assert.deepEqual(workflow.methods, ['POST'])
  assert.equal((await call('?challenge=1', {}, workflow)).status, 405)
  const path = `/api/workflows/${workflow.id}`
  for (const methods of [[], ['PUT'], ['GET', 'GET'], 'GET'])
    assert.equal((await server.api('PATCH', path, { methods })).status, 400)
  assert.deepEqual((await must(server.api<WorkflowBody>('PATCH', path, { methods: BOTH }), 200)).methods, BOTH)
  assert.equal((await call('?challenge=1', {}, workflow)).status, 200)
  const audit = await must(server.api<{ data: unknown[] }>('GET', `/api/audit?workflow_id=${workflow.id}`), 200)
  assert.match(JSON.stringify(audit.data), /methods/)
  const pull = await createPull(server, { source: 'def workflow(settings):\n    return None\n' })
  assert.equal(pull.methods, null)
  assert.equal((await server.api('PATCH', `/api/workflows/${pull.id}`, { methods: BOTH })).status, 400)
})

test('a GET is in the OpenAPI document of a hook that allows it', async () => {
  type Document = { readonly paths: Record<string, Record<string, { readonly operationId: string }>> }
  const document = await must(server.api<Document>('GET', `/api/workflows/${hook.id}/openapi.json`), 200)
  const operations = document.paths[new URL(hook.hook_url).pathname] ?? {}
  assert.deepEqual(Object.keys(operations), ['post', 'get'])
})
