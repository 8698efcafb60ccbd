/** Contract, section 6: runs started by hand, their lists, logs, replay and cancel. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '../../../helpers/server.ts'
import {
  callHook,
  createCatch,
  createPull,
  must,
  type RunBody,
  until,
  type WorkflowBody,
} from '../../../helpers/workflows.ts'

const ECHO = `
import json
def workflow(_request, settings):
    print("one"); print("two")
    settings["n"] = settings.get("n", 0) + 1
    return {"status_code": 201, "body": json.dumps({"raw": _request.body.decode("latin-1"), "type": _request.headers.get("content-type"), "query": dict(_request.query)}), "headers": {"X-A": ["1", "2"]}}
`
type Page<T> = { data: T[]; next_cursor: string | null }
type Seen = { raw: string; type: string | null; query: Record<string, unknown> }
type Request = {
  method: string
  url: string
  query: unknown
  headers: [string, string][]
  body: string
  body_encoding: string
}

let server: TestServer
let echo: WorkflowBody
before(async () => {
  server = await startServer()
  echo = await createCatch(server, { source: ECHO })
})
after(() => server.close())

const start = (workflow: WorkflowBody, body: unknown) =>
  server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, body)

async function seen(request: unknown): Promise<Seen> {
  const run = await must(start(echo, typeof request === 'string' ? `{"request":${request}}` : { request }), 200)
  const response = run.response as { body: string }
  return JSON.parse(response.body)
}

test('a manual run answers the whole run', async () => {
  const text =
    '{"request":{"headers":{"X-Key":"v","Accept":["a","b"]},"body":{"a":1.0},"query":{"q":["1","2"],"r":"é"}}}'
  const run = await must(start(echo, text), 200)
  assert.deepEqual(
    [run.workflow_id, run.version, run.trigger, run.status, run.code, run.traceback],
    [echo.id, 1, 'manual', 'succeeded', null, null],
  )
  const request = run.request as Request
  assert.deepEqual(
    { ...request, url: '' },
    {
      method: 'POST',
      url: '',
      query: { q: ['1', '2'], r: 'é' },
      headers: [
        ['X-Key', 'v'],
        ['Accept', 'a'],
        ['Accept', 'b'],
        ['Content-Type', 'application/json'],
      ],
      body: '{"a":1.0}',
      body_encoding: 'utf8',
    },
  )
  const response = run.response as { status: number; headers: [string, string][] }
  assert.deepEqual(
    [response.status, response.headers],
    [
      201,
      [
        ['X-A', '1'],
        ['X-A', '2'],
      ],
    ],
  )
  assert.deepEqual(
    run.settings_changes.map(({ key }) => key),
    ['n'],
  )
  for (const field of ['created_at', 'started_at', 'finished_at']) assert.match(String(run[field]), /T.*\.\d{3}Z$/)
  assert.equal(typeof run.duration_ms, 'number')
  for (const [part, ms] of Object.entries(run.timing as object)) {
    assert.ok(['accept', 'queue', 'start', 'load', 'run', 'commit'].includes(part))
    assert.equal(typeof ms, 'number')
  }
  assert.deepEqual(await must(server.api('GET', `/api/runs/${run.id}`), 200), run)
})

test('H28 the body of a manual run is taken byte for byte', async () => {
  assert.equal(
    (await seen('{"body": { "id":9223372036854775808, "x" : 1.0,"10":1,"9":2 } }')).raw,
    '{ "id":9223372036854775808, "x" : 1.0,"10":1,"9":2 }',
  )
  assert.deepEqual(await seen({ body: '{"a": 1}' }), { raw: '{"a": 1}', type: 'application/json', query: {} })
  assert.deepEqual(await seen({ body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }), {
    raw: 'a=1',
    type: 'application/x-www-form-urlencoded',
    query: {},
  })
  assert.deepEqual(await seen({ headers: [['content-type', 'application/json']], body: [1] }), {
    raw: '[1]',
    type: 'application/json',
    query: {},
  })
  assert.deepEqual(await seen({ query: '?a=1&a=2' }), { raw: '', type: null, query: { a: ['1', '2'] } })
  assert.deepEqual(await seen({}), { raw: '', type: null, query: {} })
  assert.equal((await must(start(echo, {}), 200)).status, 'succeeded')
  assert.equal((await must(start(echo, undefined), 200)).status, 'succeeded')
})

test('a body that is no text is given in base64, as runs show it', async () => {
  const bytes = Buffer.from([0xff, 0x00, 0x80])
  const form = Buffer.concat([
    Buffer.from('--b\r\nContent-Disposition: form-data; name="cv"; filename="cv.pdf"\r\n\r\n'),
    bytes,
    Buffer.from('\r\n--b--\r\n'),
  ]).toString('base64')
  const source = `import json
def workflow(_request, settings):
    return {"status_code": 200, "body": json.dumps(list(_request["cv"].content))}
`
  const headers = { 'Content-Type': 'multipart/form-data; boundary=b' }
  const request = { headers, body: form, body_encoding: 'base64' }
  const run = await must(start(await createCatch(server, { source }), { request }), 200)
  assert.deepEqual(run.response, { status: 200, headers: [], body: '[255, 0, 128]' })
  assert.equal((run.request as { body: string }).body, form)
})

const badRuns: Readonly<Record<string, readonly [body: unknown, status: number, detail: RegExp]>> = {
  'a body that is no base64 but says so': [{ request: { body: 'a_b=', body_encoding: 'base64' } }, 400, /base64/],
  'text that is no JSON and has no type': [{ request: { body: 'hello' } }, 400, /Content-Type/],
  'broken JSON with its type': [
    { request: { body: '{', headers: { 'content-type': 'application/json' } } },
    400,
    /line 1, column 2/,
  ],
  'another content type': [
    { request: { body: 'x', headers: { 'content-type': 'text/plain' } } },
    415,
    /application\/json/,
  ],
  'a header with a line break': [{ request: { headers: { 'X-A': 'a\r\nb' } } }, 400, /X-A/],
  'a header name with a blank': [{ request: { headers: { 'X A': 'a' } } }, 400, /X A/],
  'a header that is a number': [{ request: { headers: { 'X-A': 1 } } }, 400, /request\.headers/],
  'an unknown field': [{ requests: {} }, 400, /"requests"/],
  'an unknown field in the request': [{ request: { verb: 'GET' } }, 400, /request: unknown field "verb"/],
  'source and version': [{ source: 'x', version: 1 }, 400, /either source or version/],
  'an unknown version': [{ version: 99 }, 404, /99/],
  'version 0': [{ version: 0 }, 400, /version/],
  'keep_settings "yes"': [{ keep_settings: 'yes' }, 400, /keep_settings: expected boolean, found "yes"/],
}
for (const [name, [body, status, detail]] of Object.entries(badRuns)) {
  test(`a manual run with ${name} is ${status}`, async () => {
    const answer = await server.api('POST', `/api/workflows/${echo.id}/runs`, body)
    assert.equal(answer.status, status, answer.text)
    assert.match(String(answer.body.detail), detail)
  })
}

test('source runs code that is not saved, and keeps settings only on request', async () => {
  const source = 'def workflow(r, s):\n    s["tried"] = True\n    return {"status_code": 200, "body": "tried"}\n'
  const workflow = await createCatch(server, { source: ECHO })
  const keys = async () =>
    (await must(server.api<Page<{ key: string }>>('GET', `/api/workflows/${workflow.id}/settings`), 200)).data.map(
      ({ key }) => key,
    )
  const run = await must(start(workflow, { source }), 200)
  assert.deepEqual([run.status, run.version, run.source, await keys()], ['succeeded', null, source, []])
  assert.deepEqual([run.settings_changes, run.scratch_changes], [[], [{ key: 'tried', old: null, new: true }]])
  assert.equal((await must(server.api('GET', `/api/runs/${run.id}`), 200)).scratch_changes, undefined)
  await must(start(workflow, { keep_settings: false }), 200)
  assert.deepEqual(await keys(), [])
  await must(start(workflow, { source, keep_settings: true }), 200)
  assert.deepEqual(await keys(), ['tried'])
  await must(start(workflow, {}), 200)
  assert.deepEqual(await keys(), ['n', 'tried'])
  const broken = await must(start(workflow, { source: 'def workflow(' }), 200)
  assert.deepEqual([broken.status, broken.code], ['failed', 'load_error'])
  const versions = await must(server.api<Page<unknown>>('GET', `/api/workflows/${workflow.id}/versions`), 200)
  assert.equal(versions.data.length, 1)
})

test('a version by its number runs, the deployed one by default', async () => {
  const say = (text: string) => `def workflow(r, s):\n    return {"status_code": 200, "body": "${text}"}\n`
  const workflow = await createCatch(server, { source: say('one') })
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: say('two'), deploy: false }), 201)
  const bodyOf = async (body: unknown) => ((await must(start(workflow, body), 200)).response as { body: string }).body
  assert.deepEqual(
    [await bodyOf({}), await bodyOf({ version: 2 }), await bodyOf({ version: null })],
    ['one', 'two', 'one'],
  )
  const none = await must(server.api<WorkflowBody>('POST', '/api/workflows', { name: 'none', kind: 'catch' }), 201)
  assert.equal((await start(none, {})).status, 409)
})

test('a pull workflow runs by hand, without a request', async () => {
  const pull = await createPull(server, { source: 'def workflow(settings):\n    return ["x"]\n' })
  const run = await must(start(pull, {}), 200)
  assert.deepEqual([run.status, run.request, run.response, run.trigger], ['succeeded', null, null, 'manual'])
  assert.match(String(run.result), /x/)
  assert.equal((await start(pull, { request: { body: {} } })).status, 400)
})

test('H43 a body that is not text comes back as base64', async () => {
  const bytes = Buffer.from([0, 255, 13, 10, 0x2d, 0x2d])
  const form = new FormData()
  form.append('f', new Blob([bytes]), 'f.bin')
  const answer = await callHook(echo, null, { body: form })
  const run = await must(server.api<RunBody>('GET', `/api/runs/${answer.headers.get('workflow-run')}`), 200)
  const request = run.request as Request
  assert.equal(request.body_encoding, 'base64')
  assert.ok(Buffer.from(request.body, 'base64').includes(bytes))
  assert.equal(run.trigger, 'hook')
})

test('lists are newest first, page, and filter by status, trigger and time', async () => {
  const workflow = await createCatch(server, {
    source: 'def workflow(r, s):\n    if r.get("fail"): raise ValueError("x")\n',
  })
  const started: string[] = []
  for (const fail of [false, true, false, true])
    started.push((await must(start(workflow, { request: { body: { fail } } }), 200)).id)
  await callHook(workflow, {})
  const list = async (query: string) =>
    must(server.api<Page<RunBody>>('GET', `/api/workflows/${workflow.id}/runs?${query}`), 200)
  const ids = async (query: string) => (await list(query)).data.map(({ id }) => id)
  assert.deepEqual((await ids('')).slice(1), [...started].reverse())
  assert.deepEqual(await ids('status=failed'), [started[3], started[1]])
  assert.deepEqual((await ids('trigger=hook')).length, 1)
  assert.deepEqual(await ids('status=failed&trigger=hook'), [])
  const third = await must(server.api<RunBody>('GET', `/api/runs/${started[2]}`), 200)
  const at = encodeURIComponent(String(third.created_at))
  assert.deepEqual((await ids(`since=${at}`)).slice(1), [started[3], started[2]])
  assert.ok((await ids(`until=${at}`)).includes(started[1] ?? ''))
  assert.ok(!(await ids(`until=${at}`)).includes(started[3] ?? ''))
  const first = await list('limit=3')
  const second = await list(`limit=3&cursor=${first.next_cursor}`)
  assert.deepEqual([first.data.length, second.data.length, second.next_cursor], [3, 2, null])
  const forged = Buffer.from(JSON.stringify([1, 'a\0'])).toString('base64url')
  assert.equal((await server.api('GET', `/api/runs?cursor=${forged}`)).status, 400)
  assert.ok(!('request' in (first.data[0] ?? {})))
  const all = await must(server.api<Page<RunBody>>('GET', '/api/runs?limit=200'), 200)
  assert.ok(started.every((id) => all.data.some((run) => run.id === id)))
  for (const query of ['status=done', 'trigger=x', 'since=yesterday', 'until=2026-13-45T00:00:00Z', 'limit=0']) {
    assert.equal((await server.api('GET', `/api/runs?${query}`)).status, 400, query)
  }
})

test('replay sends the same request again, to the version asked for', async () => {
  const original = await must(start(echo, { request: { body: { a: 1 }, headers: { 'X-Key': 'v' } } }), 200)
  const again = await must(server.api<RunBody>('POST', `/api/runs/${original.id}/replay`), 200)
  assert.notEqual(again.id, original.id)
  assert.deepEqual([again.trigger, again.replay_of, again.request], ['replay', original.id, original.request])
  assert.equal(
    (await must(server.api<RunBody>('POST', `/api/runs/${original.id}/replay`, { version: 1 }), 200)).version,
    1,
  )
  assert.equal((await server.api('POST', `/api/runs/${original.id}/replay`, { version: 77 })).status, 404)
  assert.equal((await server.api('POST', `/api/runs/${original.id}/replay`, { versions: 1 })).status, 400)
})

test('D10 a replay after the code has changed says which version it ran, and names the run that it repeats', async () => {
  const source = (answer: string) =>
    `def workflow(_request, settings):\n    return {"status_code": 200, "body": "${answer}"}\n`
  const workflow = await createCatch(server, { source: source('old') })
  const original = await must(start(workflow, { request: { body: { a: 1 } } }), 200)
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: source('new') }), 201)
  const replay = (body?: unknown) => must(server.api<RunBody>('POST', `/api/runs/${original.id}/replay`, body), 200)
  const told = ({ version, replay_of, request, response }: RunBody) => ({ version, replay_of, request, response })
  const [onDeployed, onOld] = [await replay(), await replay({ version: 1 })]
  const { request, response } = original
  const expected = { replay_of: original.id, request, response }
  assert.deepEqual(told(onDeployed), { ...expected, version: 2, response: onDeployed.response })
  assert.match(JSON.stringify(onDeployed.response), /"new"/)
  assert.deepEqual(told(onOld), { ...expected, version: 1 })
  assert.equal(new Set([original.id, onDeployed.id, onOld.id]).size, 3)
  const stored = await must(server.api<RunBody>('GET', `/api/runs/${original.id}`), 200)
  assert.deepEqual(stored, original, 'the original is unchanged')
  const replays = async (query: string) =>
    (await must(server.api<Page<RunBody>>('GET', `/api/runs?replay_of=${query}`), 200)).data.map(({ id }) => id)
  assert.deepEqual(await replays(original.id), [onOld.id, onDeployed.id], 'and its replays are found')
  assert.deepEqual(await replays(`${original.id}&trigger=hook`), [])
  assert.deepEqual(await replays(onOld.id), [])
})

test('cancel stops a run under way: its caller gets 503, the run is cancelled, once', async () => {
  const slow = await createCatch(server, {
    source: 'import time\ndef workflow(r, s):\n    print("begun", flush=True)\n    time.sleep(25)\n',
  })
  const call = callHook(slow, {})
  const run = await until(
    async () => (await server.api<Page<RunBody>>('GET', `/api/workflows/${slow.id}/runs?status=running`)).body.data[0],
  )
  assert.equal((await server.api('POST', `/api/runs/${run.id}/cancel`, { reason: 'x' })).status, 400)
  const cancelled = await must(server.api<RunBody>('POST', `/api/runs/${run.id}/cancel`), 200)
  assert.deepEqual([cancelled.status, cancelled.code], ['cancelled', 'cancelled'])
  const answer = await call
  assert.deepEqual([answer.status, answer.body.code, answer.body.run_id], [503, 'cancelled', run.id])
  const twice = await server.api('POST', `/api/runs/${run.id}/cancel`)
  assert.deepEqual([twice.status, twice.body.code], [409, 'conflict'])
})

async function readStream(path: string, accept = 'text/event-stream'): Promise<string> {
  const response = await fetch(new URL(path, server.url), {
    headers: { authorization: `Bearer ${server.apiKey}`, accept },
  })
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  return await response.text()
}

test('logs come in pages, or as events that end with the run', async () => {
  const run = await must(start(echo, {}), 200)
  type Line = { at: string; stream: string; text: string }
  const { data } = await must(server.api<Page<Line>>('GET', `/api/runs/${run.id}/logs`), 200)
  assert.deepEqual(
    data.map(({ stream, text }) => [stream, text]),
    [
      ['stdout', 'one'],
      ['stdout', 'two'],
    ],
  )
  const first = await must(server.api<Page<Line>>('GET', `/api/runs/${run.id}/logs?limit=1`), 200)
  const second = await must(
    server.api<Page<Line>>('GET', `/api/runs/${run.id}/logs?limit=1&cursor=${first.next_cursor}`),
    200,
  )
  assert.deepEqual([first.data[0]?.text, second.data[0]?.text], ['one', 'two'])
  assert.equal((await server.api('GET', `/api/runs/${run.id}/logs?limit=10001`)).status, 400)
  const events = await readStream(`/api/runs/${run.id}/logs`)
  assert.match(
    events,
    /^event: line\ndata: \{"at":"[^"]+","stream":"stdout","text":"one"\}\n\nevent: line\n.*two.*\n\nevent: end\n/,
  )
  assert.equal(await readStream(`/api/runs/${run.id}/logs`, 'Text/Event-Stream'), events)
})

test('logs of a run under way come live, and the stream ends with it', async () => {
  const source =
    'import time\ndef workflow(r, s):\n    for i in range(4):\n        print("line", i, flush=True)\n        time.sleep(0.4)\n'
  const slow = await createCatch(server, { source })
  const call = callHook(slow, {})
  const run = await until(
    async () => (await server.api<Page<RunBody>>('GET', `/api/workflows/${slow.id}/runs?status=running`)).body.data[0],
  )
  const events = await readStream(`/api/runs/${run.id}/logs`)
  for (let index = 0; index < 4; index += 1) assert.equal(events.split(`line ${index}"`).length, 2, events)
  assert.ok(events.trimEnd().split('\n\n').at(-1)?.startsWith('event: end\n'), events)
  assert.equal((await call).status, 200)
})

test('changes of runs are sent as events', async () => {
  const controller = new AbortController()
  const response = await fetch(new URL('/api/events', server.url), {
    headers: { authorization: `Bearer ${server.apiKey}` },
    signal: controller.signal,
  })
  const run = await must(start(echo, {}), 200)
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.includes('succeeded')) break
  }
  controller.abort()
  assert.ok(
    text.includes(
      `event: run\ndata: {"run_id":"${run.id}","workflow_id":"${echo.id}","status":"running","duration_ms":null}\n\n`,
    ),
    text,
  )
})
