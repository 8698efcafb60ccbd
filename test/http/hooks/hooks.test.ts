/** Contract, section 4, and the hostile requests of the acceptance list, over real sockets. */

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { type HttpTarget, heldBy, startHttpTarget } from '../../helpers/http-target.ts'
import { memoryOf } from '../../helpers/memory.ts'
import { readAnswer, startServer, type TestServer } from '../../helpers/server.ts'
import { callHook, createCatch, createPull, must, until, type WorkflowBody } from '../../helpers/workflows.ts'
import { post, type RawAnswer, type RawOptions, sendRaw } from '../raw.ts'

const ECHO = `
import json
def workflow(_request, settings):
    return {"status_code": 200, "body": json.dumps({"body": _request.body.decode("latin-1"), "query": dict(_request.query), "fields": {k: v for k, v in _request.items() if isinstance(v, (str, list))}})}
`
const JSON_TYPE = 'Content-Type: application/json'
const MIB = 1024 * 1024

/** Each holds the runs of one test. */
let target: HttpTarget
let slots: HttpTarget
let leaving: HttpTarget
/** Late tests stop both. */
let server: TestServer
let impatient: TestServer
let echo: WorkflowBody
let path: string

before(async () => {
  target = await startHttpTarget()
  slots = await startHttpTarget()
  leaving = await startHttpTarget()
  server = await startServer({ env: allowing(target) })
  impatient = await startServer({ env: { WORKFLOWS_QUEUE_SECONDS: '1', ...allowing(slots, leaving) } })
  echo = await createCatch(server, { source: ECHO })
  path = new URL(echo.hook_url).pathname
})
after(async () => {
  const targets = [target, slots, leaving]
  for (const one of targets) one.release()
  await Promise.all([server.close(), impatient.close()])
  for (const one of targets) one.close()
})

const allowing = (...targets: readonly HttpTarget[]) => ({
  WORKFLOWS_EGRESS_ALLOW: targets.map(({ port }) => `127.0.0.1:${port}`).join(),
})
/** Resolves when a function is under way that this target holds. */
const untilHeld = ({ asked }: HttpTarget) => until(async () => asked.some(({ url }) => url === '/held'))

const send = (parts: readonly (string | Buffer)[], options?: RawOptions) => sendRaw(server.url, parts, options)
const problemOf = (answer: RawAnswer): { code: string; detail: string; status: number; type: string; title: string } =>
  JSON.parse(answer.body)

async function runCount(): Promise<number> {
  type Runs = { data: unknown[] }
  return (await must(server.api<Runs>('GET', `/api/workflows/${echo.id}/runs?limit=200`), 200)).data.length
}

/** The request is refused like this, as a problem with the platform's headers, and no run comes of it. */
function refuses(
  name: string,
  parts: () => readonly (string | Buffer)[],
  status: number | readonly number[],
  code?: string,
  detail?: RegExp,
): void {
  test(`${name} is refused`, async () => {
    const before = await runCount()
    const answer = await send(parts())
    assert.ok([status].flat().includes(answer.status), answer.text.slice(0, 600))
    const problem = problemOf(answer)
    assert.equal(problem.status, answer.status)
    assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/)
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    assert.equal(answer.headers['content-security-policy'], 'sandbox')
    assert.match(answer.headers['x-request-id'] ?? '', /^[0-9a-f]{16}$/)
    if (code !== undefined) assert.equal(problem.code, code)
    if (detail !== undefined) assert.match(problem.detail, detail)
    assert.equal(await runCount(), before)
  })
}

/** Calls of hooks whose callers had gone before their answer. */
async function unansweredCalls(): Promise<number> {
  const { text } = await server.api('GET', '/metrics')
  return Number(/^workflows_hook_answers_total\{status="0"\} (\d+)$/m.exec(text)?.[1] ?? 0)
}

/** Calls the hook, which accepts the request. Returns what the function saw. */
async function accepts(
  parts: readonly (string | Buffer)[],
): Promise<{ body: string; query: object; fields: Record<string, unknown> }> {
  const answer = await send(parts)
  assert.equal(answer.status, 200, answer.text.slice(0, 600))
  assert.match(answer.headers['workflow-run'] ?? '', /^run_/)
  return JSON.parse(answer.body)
}

for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']) {
  test(`H01 ${method} is answered 405 with Allow: POST`, async () => {
    for (const target of [path, '/hooks/unknown']) {
      const answer = await send([`${method} ${target} HTTP/1.1\r\nHost: test\r\n\r\n`])
      assert.equal(answer.status, 405)
      assert.equal(answer.headers.allow, 'POST')
      assert.equal(problemOf(answer).code, 'method_not_allowed')
      assert.equal(answer.headers['content-security-policy'], 'sandbox')
    }
  })
}

test('H01 HEAD is answered 405 with Allow: POST and no body', async () => {
  const answer = await send([`HEAD ${path} HTTP/1.1\r\nHost: test\r\n\r\n`])
  assert.deepEqual([answer.status, answer.headers.allow, answer.body], [405, 'POST', ''])
})

const THREE = /application\/json, multipart\/form-data or application\/x-www-form-urlencoded/
refuses('H02 a body without a content type', () => post(path, [], '{}'), 415, 'unsupported_media_type', THREE)
for (const type of [
  'text/plain',
  'application/xml',
  'application/vnd.api+json',
  'application/jsonx',
  'json',
  '',
  '*/*',
  'application/json; charset',
  'application/json, text/plain',
]) {
  refuses(
    `H02 H05 Content-Type "${type}"`,
    () => post(path, [`Content-Type: ${type}`], '{}'),
    415,
    'unsupported_media_type',
  )
}
for (const charset of ['latin1', 'utf-16', '"iso-8859-1"', 'utf-8; charset=latin1']) {
  for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
    refuses(
      `H04 ${type} with charset ${charset}`,
      () => post(path, [`Content-Type: ${type}; charset=${charset}`], ''),
      415,
      'unsupported_media_type',
    )
  }
}
for (const type of [
  'application/json; charset=utf-8',
  'APPLICATION/JSON',
  'application/json;charset="UTF-8"',
  'application/json; charset=utf8; profile="a;b\\"c"',
  'application/json;',
  ' application/json ; odata.metadata=none',
]) {
  test(`H03 Content-Type "${type}" is taken`, async () => {
    assert.equal((await accepts(post(path, [`Content-Type: ${type}`], '{"a":"b"}'))).fields.a, 'b')
  })
}

refuses(
  'an integer of 4,301 digits',
  () => post(path, [JSON_TYPE], `{"a":${'7'.repeat(4301)}}`),
  400,
  'invalid_body',
  /an integer has more than 4300 digits/,
)
refuses('H06 a second Content-Type', () => post(path, [JSON_TYPE, JSON_TYPE], '{}'), 400)
refuses('an unknown Expect', () => post(path, [JSON_TYPE, 'Expect: x'], '{}'), 400, 'bad_request', /100-continue/)
refuses('H07 a second Host', () => post(path, [JSON_TYPE, 'Host: other'], '{}'), 400)
refuses('a request without Host', () => [`POST ${path} HTTP/1.1\r\n${JSON_TYPE}\r\nContent-Length: 2\r\n\r\n{}`], 400)

test('H08 an absolute-form target is routed by its path', async () => {
  const { fields } = await accepts(post(`http://evil.test${path}`, [JSON_TYPE], '{"a":"b"}'))
  assert.equal(fields.a, 'b')
  assert.equal((await send(post('http://evil.test/hooks/nope', [JSON_TYPE], '{}'))).status, 404)
  assert.equal((await send(post('http://evil.test', [JSON_TYPE], '{}'))).status, 400)
})

test('H09 HTTP/0.9 is refused and the connection closed', async () => {
  const answer = await send(['GET /\r\n\r\n'], { untilClosed: true })
  assert.ok(answer.closed)
  assert.ok(!answer.text.includes(' 200 '), answer.text)
})

const framings: Readonly<Record<string, string>> = {
  'Content-Length with Transfer-Encoding': 'Content-Length: 2\r\nTransfer-Encoding: chunked',
  'two lengths': 'Content-Length: 2\r\nContent-Length: 3',
  'two equal lengths': 'Content-Length: 2\r\nContent-Length: 2',
  'length +2': 'Content-Length: +2',
  'length -1': 'Content-Length: -1',
  'length 0x2': 'Content-Length: 0x2',
  'length 2, 2': 'Content-Length: 2, 2',
  'a folded header': 'Content-Length: 2\r\nX-A: b\r\n c',
  'a space before the colon': 'Content-Length : 2',
  'NUL in a header': 'Content-Length: 2\r\nX-A: a\0b',
  'H11 a transfer coding beside chunked': 'Transfer-Encoding: gzip, chunked',
  'H11 chunked twice': 'Transfer-Encoding: chunked, chunked',
  'H11 another transfer coding': 'Transfer-Encoding: gzip',
}
for (const [name, lines] of Object.entries(framings)) {
  refuses(`H10 ${name}`, () => [`POST ${path} HTTP/1.1\r\nHost: t\r\n${JSON_TYPE}\r\n${lines}\r\n\r\n{}`], [400, 501])
  test(`H10 ${name} closes the connection`, async () => {
    const smuggled = `POST ${path} HTTP/1.1\r\nHost: t\r\n${JSON_TYPE}\r\nContent-Length: 2\r\n\r\n{}`
    const answer = await send([`POST ${path} HTTP/1.1\r\nHost: t\r\n${JSON_TYPE}\r\n${lines}\r\n\r\n{}${smuggled}`], {
      untilClosed: true,
    })
    assert.ok(answer.closed, answer.text)
    assert.ok(!answer.text.includes('Workflow-Run'), answer.text)
  })
}
refuses('H10 a bare line feed', () => [`POST ${path} HTTP/1.1\nHost: t\n${JSON_TYPE}\nContent-Length: 2\n\n{}`], 400)

refuses(
  'H12 a chunk extension of 1 MB',
  () => [
    `POST ${path} HTTP/1.1\r\nHost: t\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n2;x=${'x'.repeat(MIB)}`,
  ],
  413,
  'payload_too_large',
)
refuses(
  'H13 20 KiB of headers',
  () => post(path, [JSON_TYPE, `X-A: ${'x'.repeat(20 * 1024)}`], '{}'),
  431,
  'headers_too_large',
)
refuses(
  'H14 2,500 tiny headers',
  () => post(path, [JSON_TYPE, ...Array.from({ length: 2500 }, () => 'a:')], '{}'),
  431,
  'headers_too_large',
)

test('H17 a client that goes away in the middle of its body leaves no run', async () => {
  const before = await runCount()
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.write(`POST ${path} HTTP/1.1\r\nHost: t\r\n${JSON_TYPE}\r\nContent-Length: 100\r\n\r\n{"a"`)
  await new Promise((resolve) => setTimeout(resolve, 200))
  socket.destroy()
  await accepts(post(path, [JSON_TYPE], '{}'))
  assert.equal(await runCount(), before + 1)
  assert.ok(!server.output().includes('a request failed'), server.output().slice(-2000))
})

test('H18 a body over the limit is refused before it is read', async () => {
  const answer = await send(
    [`POST ${path} HTTP/1.1\r\nHost: t\r\n${JSON_TYPE}\r\nContent-Length: ${32 * MIB + 1}\r\n\r\n{`],
    { untilClosed: true },
  )
  assert.equal(answer.status, 413)
  assert.equal(problemOf(answer).code, 'payload_too_large')
  assert.ok(answer.closed)
})

test('H18 a body of exactly the limit is taken, and its sender sees the refusal of a larger one', async () => {
  const small = await createCatch(server, { source: ECHO, body_limit_bytes: 1000 })
  const fits = `"${'x'.repeat(998)}"`
  assert.equal(
    (await callHook(small, null, { body: fits, headers: { 'content-type': 'application/json' } })).status,
    200,
  )
  const large = `"${'x'.repeat(4 * MIB)}"`
  const answer = await callHook(small, null, { body: large, headers: { 'content-type': 'application/json' } })
  assert.deepEqual([answer.status, answer.body.code], [413, 'payload_too_large'])
})

test('H19 a chunked body over the limit is refused while it comes, and the connection closes', async () => {
  const small = await createCatch(server, { source: ECHO, body_limit_bytes: 1000 })
  const chunk = `200\r\n${'x'.repeat(512)}\r\n`
  const head = `POST ${new URL(small.hook_url).pathname} HTTP/1.1\r\nHost: t\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n`
  const answer = await send([head, chunk, chunk, chunk], { untilClosed: true })
  assert.equal(answer.status, 413)
  assert.ok(answer.closed)
})

for (const encoding of ['gzip', 'br', 'deflate', 'gzip, identity', 'x']) {
  refuses(
    `H20 Content-Encoding ${encoding}`,
    () => post(path, [JSON_TYPE, `Content-Encoding: ${encoding}`], '{}'),
    415,
    'unsupported_media_type',
    /Content-Encoding/,
  )
}
test('H20 Content-Encoding identity is taken', async () => {
  await accepts(post(path, [JSON_TYPE, 'Content-Encoding: identity'], '{}'))
})

test('H21 Expect: 100-continue with a too large length gets no 100', async () => {
  const head = `POST ${path} HTTP/1.1\r\nHost: t\r\n${JSON_TYPE}\r\nExpect: 100-continue\r\nContent-Length: ${64 * MIB}\r\n\r\n`
  const answer = await send([head])
  assert.equal(answer.status, 413)
  const good = await send([
    `POST ${path} HTTP/1.1\r\nHost: t\r\n${JSON_TYPE}\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`,
    '{}',
  ])
  assert.ok(good.text.startsWith('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200'), good.text.slice(0, 200))
})

const badJson: Readonly<Record<string, readonly [body: string | Buffer, detail: RegExp]>> = {
  'H23 an empty body': ['', /line 1, column 1: expected a value/],
  'H24 a broken object': ['{"a":', /line 1, column 6/],
  'H24 a trailing comma': ['{"a":1,}', /line 1, column 8/],
  'H24 a comment': ['{\n// x\n}', /line 2, column 1/],
  'H24 NaN': ['{"é":NaN}', /line 1, column 6: expected a value, found "NaN"/],
  'H24 Infinity': ['-Infinity', /line 1, column 1/],
  'H24 a BOM': ['\ufeff{}', /byte order mark/],
  'H24 two values': ['{} {}', /expected the end of the body/],
  'H24 single quotes': ["{'a':1}", /double quotes/],
  'H29 100,000 nested arrays': ['['.repeat(100_000), /nests deeper than 200/],
  'H29 a depth of 201': ['['.repeat(201) + ']'.repeat(201), /nests deeper than 200/],
  'H32 invalid UTF-8': [Buffer.from([0x22, 0xff, 0x22]), /not UTF-8/],
  'H32 an overlong encoding': [Buffer.from([0x22, 0xc0, 0x80, 0x22]), /not UTF-8/],
  'H32 an encoded surrogate': [Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), /not UTF-8/],
}
for (const [name, [body, detail]] of Object.entries(badJson)) {
  refuses(`${name} as JSON`, () => post(path, [JSON_TYPE], body), 400, 'invalid_body', detail)
}

for (const body of [
  '[1,2]',
  '"x"',
  '0',
  'null',
  'true',
  '{"__proto__":{"x":1},"constructor":1}',
  '{"a":1,"a":2}',
  '{"n":1e400}',
  '"\\ud800"',
  '{"a":"\\u0000"}',
  `${'['.repeat(200)}${']'.repeat(200)}`,
  ' {\t"a" :\r\n[ ] } ',
  '{"":{}}',
]) {
  test(`H25 H26 H27 H31 H33 H34 ${body.slice(0, 40)} is taken and comes through byte for byte`, async () => {
    assert.equal((await accepts(post(path, [JSON_TYPE], body))).body, body)
  })
}

const FORM = 'Content-Type: application/x-www-form-urlencoded'
test('H35 H36 a form is taken; bad escapes stay as they are', async () => {
  const { fields } = await accepts(post(path, [FORM], 'a=1&a=2&a[]=3&b=%zz&c=%00&d=%C3%A9&e=1%'))
  assert.deepEqual(
    [fields.a, fields['a[]'], fields.b, fields.c, fields.d, fields.e],
    [['1', '2'], '3', '%zz', '\0', 'é', '1%'],
  )
})
refuses('H36 a form of 100,000 fields', () => post(path, [FORM], 'a=1&'.repeat(100_000)), 413, 'payload_too_large')
refuses('H36 a form whose escapes are not UTF-8', () => post(path, [FORM], 'a=%ff'), 400, 'invalid_body')
refuses('H36 a form that is not UTF-8', () => post(path, [FORM], Buffer.from([0x61, 0x3d, 0xff])), 400, 'invalid_body')

for (const type of [
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary=""',
  `multipart/form-data; boundary=${'x'.repeat(71)}`,
  `multipart/form-data; boundary=${'x'.repeat(252)}`,
]) {
  refuses(
    `H37 ${type.slice(0, 60)} of ${type.length}`,
    () => post(path, [`Content-Type: ${type}`], '--x--\r\n'),
    400,
    'invalid_body',
  )
}
const multipart = (body: string) => post(path, ['Content-Type: multipart/form-data; boundary=x'], body)
const part = (head: string, content = '') => `--x\r\n${head}\r\n\r\n${content}\r\n`
const FIELD = 'Content-Disposition: form-data; name="a"'
refuses(
  'H38 a part with a header __proto__ and nothing else',
  () => multipart(`${part('__proto__: x')}--x--\r\n`),
  400,
  'invalid_body',
)
refuses('H39 a multipart body cut off in a part', () => multipart(`--x\r\n${FIELD}\r\n\r\nvalue`), 400, 'invalid_body')
refuses('H39 a multipart body without its last boundary', () => multipart(part(FIELD, 'v')), 400, 'invalid_body')
refuses(
  'H40 a part whose headers never end',
  () => multipart(`--x\r\n${FIELD}\r\nX-A: ${'x'.repeat(100_000)}`),
  400,
  'invalid_body',
)
refuses('H41 100,000 empty parts', () => multipart(`${part(FIELD).repeat(100_000)}--x--\r\n`), 413, 'payload_too_large')
refuses(
  'H42 a file name of 64 KiB',
  () => multipart(`${part(`${FIELD}; filename="${'x'.repeat(64 * 1024)}"`)}--x--\r\n`),
  400,
  'invalid_body',
)
test('H42 a file name that looks like a path is only data', async () => {
  for (const name of ['../../etc/passwd', 'C:\\\\x', 'a b.pdf']) {
    await accepts(multipart(`${part(`${FIELD}; filename="${name}"`, 'x')}--x--\r\n`))
  }
})

test('H30 a million keys delay no other call, and reach their function or end its run', async () => {
  const count = await createCatch(server, {
    source: 'def workflow(_request, settings):\n    return {"status_code": 200, "body": str(len(_request))}\n',
  })
  const body = `{${Array.from({ length: 1_000_000 }, (_, index) => `"key${index}":${index}`).join(',')}}`
  let ended = false
  const call = callHook(count, null, { body, headers: { 'content-type': 'application/json' } }).finally(() => {
    ended = true
  })
  let others = 0
  while (!ended) {
    await accepts(post(path, [JSON_TYPE], '{}'))
    others += 1
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const answer = await call
  assert.ok([200, 500, 504].includes(answer.status), answer.text)
  if (answer.status === 200) assert.ok(Number(answer.text) > 1_000_000, answer.text)
  assert.ok(others >= 3, `only ${others} other calls came through`)
})

test('H48 H49 only the exact path of a hook is a hook', async () => {
  const key = path.slice('/hooks/'.length)
  const others = [
    `${path}/`,
    `/hooks/${key.slice(0, -1)}`,
    `/hooks/${key}x`,
    `/hooks/%${key.charCodeAt(0).toString(16)}${key.slice(1)}`,
    `/hooks/../hooks/${key}`,
    `/hooks/%2e%2e/${key}`,
    `/hooks//${key}`,
    '/hooks/',
    `//hooks/${key}`,
    `/Hooks/${key}`,
    `/hooks/${key};a=b`,
  ]
  for (const target of others) {
    const answer = await send(post(target, [JSON_TYPE], '{}'))
    assert.equal(answer.status, 404, `${target}: ${answer.text}`)
    assert.equal(problemOf(answer).code, 'not_found')
  }
})

test('H50 the query is seen apart and overrides nothing', async () => {
  const { query, fields } = await accepts(post(`${path}?a=q&Content-Type=x&_=1`, [JSON_TYPE], '{"a":"b"}'))
  assert.deepEqual(query, { a: 'q', 'Content-Type': 'x', _: '1' })
  assert.deepEqual([fields.a, fields['Content-Type']], ['b', 'application/json'])
})

test('H51 two pipelined requests are two runs, answered in order', async () => {
  const answer = await send(
    [...post(path, [JSON_TYPE], '{"a":"first"}'), ...post(path, [JSON_TYPE], '{"a":"second"}')],
    { answers: 2 },
  )
  assert.equal(answer.text.match(/HTTP\/1\.1 200 OK/g)?.length, 2)
  assert.ok(answer.text.indexOf('first') < answer.text.indexOf('second'))
})

test('H53 a run continues when its caller disconnects, and has a warning that its answer was not received', async () => {
  const slow = await createCatch(server, { source: heldBy(target, 'settings["done"] = True') })
  const controller = new AbortController()
  const call = fetch(slow.hook_url, { method: 'POST', signal: controller.signal })
  await untilHeld(target)
  const before = await unansweredCalls()
  controller.abort()
  await assert.rejects(call)
  // The server may notice it later than the function ends.
  await until(async () => (await unansweredCalls()) > before)
  target.release()
  type Runs = { data: { status: string; warnings: { code: string }[] }[] }
  const latest = async () => (await server.api<Runs>('GET', `/api/workflows/${slow.id}/runs`)).body.data[0]
  await until(async () => (await latest())?.status === 'succeeded')
  assert.deepEqual(
    (await latest())?.warnings.map(({ code }) => code),
    ['client_disconnected'],
  )
  assert.equal((await callHook(slow, {})).status, 200)
  assert.deepEqual((await latest())?.warnings, [])
})

test('H54 the preface of HTTP/2 is refused and the connection closed', async () => {
  const answer = await send(['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'], { untilClosed: true })
  assert.ok(answer.closed)
  assert.ok(answer.status === 400 || answer.status === 0, answer.text)
})

test('an unknown key is 404, an archived workflow 410, a disabled or undeployed one 503 with Retry-After', async () => {
  const workflow = await createCatch(server, { source: ECHO })
  const call = () => callHook(workflow, {})
  await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { enabled: false }), 200)
  const disabled = await call()
  assert.deepEqual([disabled.status, disabled.body.code], [503, 'disabled'])
  assert.match(disabled.headers.get('retry-after') ?? '', /^\d+$/)
  await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { archived: true }), 200)
  const archived = await call()
  assert.deepEqual([archived.status, archived.body.code], [410, 'archived'])
  await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { archived: false, enabled: true }), 200)
  assert.equal((await call()).status, 200)
  await must(server.api('POST', `/api/workflows/${workflow.id}/hook-key`), 200)
  assert.equal((await call()).status, 404)

  const made = await must(server.api<WorkflowBody>('POST', '/api/workflows', { name: 'new', kind: 'catch' }), 201)
  const undeployed = await callHook(made, {})
  assert.deepEqual([undeployed.status, undeployed.body.code], [503, 'not_deployed'])
  assert.match(undeployed.headers.get('retry-after') ?? '', /^\d+$/)
})

test('of several errors the first row of the table in the contract is reported', async () => {
  const made = await must(server.api<WorkflowBody>('POST', '/api/workflows', { name: 'order', kind: 'catch' }), 201)
  const wrong = { body: 'x', headers: { 'content-type': 'text/plain' } }
  assert.equal((await callHook(made, null, wrong)).status, 503)
  assert.equal((await readAnswer(await fetch(`${server.url}/hooks/nope`, { method: 'POST', ...wrong }))).status, 404)
})

test('H52 when all slots stay busy the caller gets 429 with Retry-After, others are served', async () => {
  const slow = await createCatch(impatient, { source: heldBy(slots), max_concurrency: 1, timeout_seconds: 120 })
  const quick = await createCatch(impatient, { source: ECHO })
  const first = callHook(slow, {})
  await untilHeld(slots)
  const rest = await Promise.all(Array.from({ length: 5 }, () => callHook(slow, {})))
  assert.deepEqual([...new Set(rest.map(({ status }) => status))], [429])
  const [busy] = rest
  assert.match(busy?.headers.get('retry-after') ?? '', /^\d+$/)
  assert.equal(busy?.body.code, 'busy')
  assert.equal((await callHook(quick, {})).status, 200)
  slots.release()
  assert.equal((await first).status, 200)
})

test('H52 a thousand calls at once on four slots are served or get 429, and others are served meanwhile', async () => {
  const unwatched = 'a thousand short calls are in one turn: 0.15 ms each'
  const own = await startServer({ env: { WORKFLOWS_QUEUE_SECONDS: '2' }, unwatched })
  try {
    const crowded = await createCatch(own, {
      source: 'import time\ndef workflow(r, s):\n    time.sleep(0.02)\n',
      max_concurrency: 4,
    })
    const quick = await createCatch(own, { source: ECHO })
    await Promise.all([callHook(quick, {}), callHook(crowded, {})])
    const before = await memoryOf(own)
    const parts = post(new URL(crowded.hook_url).pathname, [JSON_TYPE, 'Connection: close'], '{}')
    const calls = Promise.all(Array.from({ length: 1000 }, () => sendRaw(own.url, parts, { untilClosed: true })))
    assert.equal((await callHook(quick, {})).status, 200)
    const answers = await calls
    const by = (status: number) => answers.filter((answer) => answer.status === status)
    assert.equal(by(200).length + by(429).length + by(503).length, 1000)
    assert.ok(by(200).length >= 4)
    for (const { headers } of [...by(429), ...by(503)]) assert.match(headers['retry-after'] ?? '', /^\d+$/)
    type Runs = { data: { status: string }[]; next_cursor: string | null }
    let ran = 0
    for (let cursor: string | null = ''; cursor !== null; ) {
      const path = `/api/workflows/${crowded.id}/runs?limit=200${cursor && `&cursor=${cursor}`}`
      const page: Runs = await must(own.api<Runs>('GET', path), 200)
      ran += page.data.filter(({ status }) => status === 'succeeded').length
      cursor = page.next_cursor
    }
    assert.equal(ran, by(200).length + 1)
    const grown = (await memoryOf(own)) - before
    assert.ok(grown < 200, `the server has grown by ${grown} MiB`)
    assert.equal((await callHook(crowded, {})).status, 200)
  } finally {
    await own.close()
  }
})

test('a server that stops answers new calls 503 and lets the run under way finish', async () => {
  const slow = await createCatch(impatient, { source: heldBy(leaving, 'return {"status_code": 201, "body": "done"}') })
  const agent = { 'content-type': 'application/json' }
  const first = callHook(slow, {}, { headers: agent })
  await untilHeld(leaving)
  const stopped = impatient.stop()
  const ready = async () => (await readAnswer(await fetch(`${impatient.url}/readyz`))).status
  await until(async () => (await ready()) === 503)
  const refused = await callHook(slow, {})
  assert.deepEqual([refused.status, refused.body.code], [503, 'stopping'])
  assert.match(refused.headers.get('retry-after') ?? '', /^\d+$/)
  assert.equal(await ready(), 503)
  leaving.release()
  assert.deepEqual([(await first).status, (await first).text], [201, 'done'])
  assert.equal(await stopped, 0)
})

test('a pull workflow has no hook', async () => {
  const pull = await createPull(server, { source: 'def workflow(settings):\n    pass\n' })
  assert.equal(pull.hook_url, null)
})

test('open streams, idle and half-sent requests do not hold up a server that stops', async () => {
  const hook = new URL((await createCatch(server, { source: ECHO })).hook_url)
  const events = await fetch(`${server.url}/api/events`, { headers: { authorization: `Bearer ${server.apiKey}` } })
  const idle = connect(Number(hook.port), hook.hostname)
  const half = connect(Number(hook.port), hook.hostname)
  for (const socket of [idle, half]) socket.on('error', () => {})
  half.write(`POST ${hook.pathname} HTTP/1.1\r\nHost: t\r\n${JSON_TYPE}\r\nContent-Length: 100\r\n\r\n{`)
  await new Promise((resolve) => setTimeout(resolve, 200))
  const stopped = server.stop()
  // The time limit of a request, 30 s, would end the half-sent one.
  const watch = setTimeout(() => server.process.kill('SIGKILL'), 25_000)
  assert.equal(await stopped, 0)
  clearTimeout(watch)
  await events.text().catch(() => '')
  for (const socket of [idle, half]) socket.destroy()
})
