/** No secret, copy of one, shared one or former one is shown by any route to anyone who may not change its workflow. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { unzipSync } from 'fflate'
import { exportZip, sendZip, unzip, zip } from '../helpers/archives.ts'
import { callAs, keyWith, type Planted, plantSecrets, type Sender } from '../helpers/planted-secrets.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { until } from '../helpers/workflows.ts'

let server: TestServer
let planted: Planted
let readers: Readonly<Record<string, Sender>>
/** What the viewer's stream of events said while all was planted. */
let events = ''
const streams = new AbortController()

before(async () => {
  server = await startServer()
  planted = await plantSecrets(server, async ({ viewer }) => {
    void listen(viewer.sender, '/api/events', (text) => (events += text))
    await until(async () => events !== '' || (await server.api('GET', '/api/me')).status === 200)
  })
  const { viewer, limited } = planted.people
  readers = { viewer: viewer.sender, limited: limited.sender }
  for (const scopes of [['read'], ['run'], ['read', 'run'], ['admin'], ['read', 'admin']])
    readers = { ...readers, [`key with ${scopes.join(' and ')}`]: await keyWith(server, scopes) }
})
after(async () => {
  streams.abort()
  await server.close()
})

/** Reads a stream of events until it ends. */
async function listen(sender: Sender, path: string, onText: (text: string) => void): Promise<void> {
  const headers = { ...sender, accept: 'text/event-stream' }
  const { body } = await fetch(server.url + path, { headers, signal: streams.signal })
  if (body === null) return
  try {
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) onText(chunk)
  } catch (error) {
    if (!streams.signal.aborted) throw error
  }
}

/** The names of the secrets that a text holds, as they are or in base64. */
function hitsIn(text: string, sender: Sender): readonly string[] {
  const { secrets, hookKey } = planted
  const mayRun =
    sender === readers.limited || /run/.test(Object.keys(readers).find((one) => readers[one] === sender) ?? '')
  const all = Object.entries({ ...secrets, ...(mayRun ? {} : { hookKey }) })
  return all.flatMap(([name, secret]) => {
    const coded = Buffer.from(`user:${secret}`).toString('base64').slice(8, -4)
    return text.includes(secret) ||
      text.includes(coded) ||
      decodeURIComponent(text.replaceAll('%', '%25')).includes(secret)
      ? [name]
      : []
  })
}

async function read(sender: Sender, path: string): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(server.url + path, { headers: sender })
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const isZip = answer.status === 200 && answer.headers.get('content-type') === 'application/zip'
  const files = isZip ? Object.values(unzipSync(bytes)) : [bytes]
  return { status: answer.status, text: Buffer.concat(files).toString('utf8') }
}

/** Routes that show nothing of a workflow, or that would install something first. */
const NOT_READ: ReadonlySet<string> = new Set([
  // A stream without an end: see below.
  '/api/events',
  '/hooks/answers/{token}',
  '/api/connectors',
  '/api/connectors/{id}',
  '/api/environments/{id}',
  '/api/environments/{id}/log',
  '/api/workflows/{id}/versions/{number}/sbom',
  '/api/workflows/{id}/next-ticks',
  // Only who may change the workflow gets an answer, from HrFlow: test/http/api/settings/hrflow.test.ts.
  '/api/workflows/{id}/hrflow/boards',
  '/api/workflows/{id}/hrflow/sources',
])
/** What an answer needs in its query, and further ways to ask. */
const QUERIES: Readonly<Record<string, readonly string[]>> = {
  '/api/runs': ['', '?q=refused', '?q=Bearer', '?q=label', '?tests=true', '?trigger=trial'],
  '/api/workflows/{id}/runs': ['', '?q=prefix', '?q=sent', '?q=token'],
  '/api/runs/{id}': ['', '?max_body_bytes=65536'],
  '/api/next-ticks': ['?every_seconds=60'],
  '/api/decisions/impact': ['?outcome=reject&by=sex'],
  '/api/explanations/{id}': ['', '?as=letter'],
}

/** The addresses of a route with the ids of what was planted. */
function fill(route: string): readonly string[] {
  const { workflow, runIds, trialId, channelId, connectionId, deadLetterId, taskId, decisionId, explanationId } =
    planted
  const keys = ['copy', 'nested', 'basic', 'text', 'of shared', 'whole', 'TOKEN', 'LATER', 'url']
  const known: Readonly<Record<string, readonly string[]>> = {
    workflows: [workflow.id],
    runs: runIds,
    trials: [trialId],
    channels: [channelId],
    connections: [connectionId],
    tasks: [taskId],
    decisions: [decisionId],
    explanations: [explanationId],
  }
  const ids = known[route.split('/')[2] ?? ''] ?? [deadLetterId]
  const takesIds = route === '/api/last-runs' || route === '/api/workflow-glances'
  const queries = takesIds ? [`?workflow_ids=${workflow.id}`] : (QUERIES[route] ?? [''])
  const named = route.includes('{key}') ? (route.includes('shared') ? ['SHARED'] : keys) : ['']
  return (route.includes('{id}') ? ids : ['']).flatMap((id) =>
    named.flatMap((key) =>
      queries.map(
        (query) => route.replace('{id}', id).replace('{number}', '1').replace('{key}', encodeURIComponent(key)) + query,
      ),
    ),
  )
}

async function listRoutes(): Promise<readonly string[]> {
  type Document = { paths: Record<string, Record<string, unknown>> }
  const { body } = await server.api<Document>('GET', '/api/openapi.json')
  return Object.entries(body.paths).flatMap(([path, methods]) => ('get' in methods ? [path] : []))
}

test('Z3-07 no route of the API shows a secret, a copy or a former value to who may not change the workflow', async () => {
  const routes = (await listRoutes()).filter((route) => !NOT_READ.has(route))
  const found: string[] = []
  let count = 0
  for (const route of routes) {
    const paths = fill(route)
    const asOwner = await Promise.all(paths.map((path) => read({ authorization: `Bearer ${server.apiKey}` }, path)))
    assert.ok(
      asOwner.some(({ status }) => status === 200),
      `${route} cannot be read: fill it, or say why not: ${asOwner[0]?.text.slice(0, 200)}`,
    )
    for (const [name, sender] of Object.entries(readers)) {
      const shown = await Promise.all(paths.map(async (path) => ({ path, ...(await read(sender, path)) })))
      count += shown.length
      for (const { path, status, text } of shown)
        for (const hit of hitsIn(text, sender)) found.push(`${name}: ${path} (${status}) shows ${hit}`)
    }
  }
  assert.deepEqual(found, [], `of ${count} answers`)
})

test('Z3-08 who may change the workflow is shown its values as they are', async () => {
  const { workflow, people, secrets } = planted
  for (const { sender } of [people.owner, people.listed]) {
    const { text } = await read(sender, `/api/workflows/${workflow.id}/settings`)
    assert.match(text, new RegExp(`prefix ${secrets.own} suffix`))
    const sample = await read(sender, `/api/workflows/${workflow.id}/sample-request`)
    assert.match(sample.text, new RegExp(`Bearer ${secrets.credential}`))
  }
})

test('Z3-32 an archive holds no secret, copy or credential, whoever exports it', async () => {
  const { workflow, people } = planted
  for (const { sender } of [people.owner, people.listed]) {
    const { text } = await read(sender, `/api/workflows/${workflow.id}/export?state=true`)
    assert.deepEqual(hitsIn(text, sender), [])
    assert.match(text, /^copy= # withheld$/m)
    assert.match(text, /"Authorization": "\*\*\*"/)
  }
})

test('Z3-32 the import of an archive keeps what its export withheld', async () => {
  const { workflow, secrets } = planted
  const { bytes } = await exportZip(server, workflow.id)
  const path = `/api/workflows/${workflow.id}/import`
  const same = await sendZip<{ changes: unknown[] }>(server, path, bytes)
  assert.deepEqual([same.status, same.body.changes], [200, []], same.text)
  const [[top = '', sample = ''] = []] = Object.entries(unzip(bytes)).filter(([name]) => name.endsWith('sample.json'))
  const edited = zip({
    ...unzip(bytes),
    [top]: (sample ?? '').replace('"X-API-Key"', '"X-Api-Key"').replace('of ***', 'edited'),
  })
  const changed = await sendZip<{ changes: unknown[] }>(server, path, edited)
  assert.deepEqual(changed.body.changes, [{ path: '/sample', old: null, new: null }])
  const { body } = await server.api<{ headers: string[][] }>('GET', `/api/workflows/${workflow.id}/sample-request`)
  assert.deepEqual(body.headers.slice(0, 4), [
    ['Authorization', `Bearer ${secrets.credential}`],
    ['X-Api-Key', secrets.credential],
    ['Cookie', `session=${secrets.credential}`],
    ['X-Other', 'edited'],
  ])
  assert.match(
    (await server.api('GET', `/api/workflows/${workflow.id}/settings`)).text,
    new RegExp(String(secrets.own)),
  )
})

test('Z3-31 the cases of a trial show no secret to anyone, also one that became secret later to readers', async () => {
  const { trialId, people } = planted
  const path = `/api/trials/${trialId}/cases`
  const { later: _, ...others } = planted.secrets
  const { text } = await read(people.owner.sender, path)
  assert.match(text, /\{"path":"\/settings\/OUT","old":null,"new":"\*{6}"\}/)
  assert.deepEqual(
    Object.values(others).filter((secret) => text.includes(secret)),
    [],
  )
  assert.match(
    (await read(people.viewer.sender, path)).text,
    /"path":"\/settings\/LATER COPY","old":null,"new":"\*\*\*"/,
  )
})

test('Z3-35 no call that reads or runs by POST shows a secret', async () => {
  const { workflow, runIds, people } = planted
  const at = `/api/workflows/${workflow.id}`
  const posts: readonly (readonly [string, unknown])[] = [
    [`${at}/runs`, { request: { body: { copy: 2 } }, keep_settings: false }],
    [`${at}/runs`, { request: { body: { copy: 2 } } }],
    [`/api/runs/${runIds[0]}/replay`, {}],
    [`/api/runs/${runIds[0]}/cancel`, {}],
    [`${at}/privacy/preview`, { privacy: null }],
    [`${at}/privacy/preview`, { privacy: null, run_id: runIds[0] }],
    [`${at}/sample-request/preview`, { source: '' }],
    [`${at}/sample-call`, {}],
    [`${at}/import?dry_run=true`, {}],
    ['/api/privacy/find', { value: 'prefix' }],
    ['/api/privacy/export', { value: 'prefix' }],
    ['/api/privacy/export', { value: 'Bearer' }],
  ]
  const found: string[] = []
  for (const [path, body] of posts) {
    for (const [name, sender] of Object.entries(readers)) {
      const { status, text } = await callAs(server, sender, 'POST', path, body)
      for (const hit of hitsIn(text, sender)) found.push(`${name}: POST ${path} (${status}) shows ${hit}`)
    }
  }
  assert.deepEqual(found, [])
  const copy = await callAs(server, people.limited.sender, 'POST', `${at}/duplicate`, { name: 'copy of it' })
  assert.equal(copy.status, 201, copy.text)
  for (const what of ['settings', 'export', 'sample-request'])
    assert.deepEqual(
      hitsIn((await read(people.viewer.sender, `/api/workflows/${copy.body.id}/${what}`)).text, people.viewer.sender),
      [],
      what,
    )
})

test('Z3-35 no tool of the MCP server shows a secret to a key that may not change the workflow', async () => {
  const { workflow, runIds } = planted
  const workflow_id = workflow.id
  const request = { body: { copy: 3 } }
  const calls: readonly (readonly [string, Record<string, unknown>])[] = [
    ['list_workflows', {}],
    ['get_workflow', { workflow_id }],
    ['list_settings', { workflow_id }],
    ['list_tasks', {}],
    ['test_workflow', { workflow_id, version: 1, request }],
    ['list_runs', { workflow_id, q: 'prefix' }],
    ['replay_run', { run_id: runIds[0] }],
    ...runIds
      .slice(0, 2)
      .flatMap((run_id) => [
        ['get_run', { run_id }] as const,
        ['get_logs', { run_id }] as const,
        ['list_steps', { run_id }] as const,
      ]),
  ]
  const found: string[] = []
  for (const name of ['key with read', 'key with run', 'key with read and run', 'key with read and admin']) {
    const sender = readers[name] ?? {}
    const client = new Client({ name: 'test', version: '1.0.0' })
    const requestInit = { headers: sender }
    await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', server.url), { requestInit }))
    for (const [tool, given] of calls) {
      const text = JSON.stringify(await client.callTool({ name: tool, arguments: given }))
      for (const hit of hitsIn(text, sender)) found.push(`${name}: ${tool} shows ${hit}`)
    }
    await client.close()
  }
  assert.deepEqual(found, [])
})

test('Z3-07 no stream of events shows a secret', async () => {
  const { runIds, trialId, people } = planted
  const { sender } = people.viewer
  const ended: string[] = []
  for (const path of [...runIds.map((id) => `/api/runs/${id}/logs`), `/api/trials/${trialId}`])
    await listen(sender, path, (text) => ended.push(text))
  assert.match(events, /event: run/)
  assert.deepEqual(hitsIn(events + ended.join(''), sender), [])
})
