/**
 * Hostile JSON, forms, multipart and heads against a hook. 4 seconds here;
 * `FUZZ_SECONDS=600 npm test -- test/fuzz/hooks.test.ts` for longer, `FUZZ_SEED` for other values (test/helpers/seed.ts).
 */

import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { heldBy, withHeld } from '../helpers/memory.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { createCatch, type WorkflowBody } from '../helpers/workflows.ts'
import { checkFor } from './rounds.ts'

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 4)
/** Caches of the database and of libraries go up and down by this much. */
const FLAT_MIB = 64

/** Looks at all that there is, so that everything lazily parsed is parsed. */
const LOOK = `
def workflow(_request, settings):
    for key in list(_request):
        value = _request[key]
        for one in value if isinstance(value, list) else [value]:
            if hasattr(one, "read"):
                one.read(), one.filename, one.content_type, one.size
    dict(_request), dict(_request.headers), _request.query, _request.method, _request.url
    return {"status_code": 200, "body": str(len(_request.body))}
`
type Message = { readonly type: string; readonly body: Buffer }
type HookAnswer = { readonly status: number; readonly type: string; readonly text: string }

const REFUSALS = new Set([400, 413, 415])
/** A connection that the server has closed answers reading with the one and writing with the other. */
const CLOSED = new Set<unknown>(['ECONNRESET', 'EPIPE'])

let server: TestServer
let hook: WorkflowBody
const agent = new Agent({ keepAlive: true })
before(async () => {
  server = await startServer({ through: withHeld })
  hook = await createCatch(server, { source: LOOK, isolation: 'reuse', body_limit_bytes: 200_000 })
})
after(async () => {
  agent.destroy()
  await server.close()
})

test('every body gets the function’s answer or a refusal of the contract, and memory stays flat', async (t) => {
  await assertForAll(1, message(), checkMessage)
  const before = await heldBy(server)
  const count = await assertForAll(SECONDS * 0.7, message(), checkMessage)
  const grown = (await heldBy(server)) - before
  t.diagnostic(`${count} bodies, ${grown} MiB`)
  assert.ok(grown < FLAT_MIB, `${grown} MiB more after ${count} bodies`)
  await assertLives()
})

test('every head gets an answer or a closed connection', async (t) => {
  const count = await assertForAll(SECONDS * 0.3, head(), async (bytes) => {
    const answer = (await exchange(bytes)).toString('latin1')
    assert.ok(answer === '' || /^HTTP\/1\.1 (?:100|200|4\d\d|501) /.test(answer), answer.slice(0, 500))
  })
  t.diagnostic(`${count} heads`)
  await assertLives()
})

async function checkMessage({ type, body }: Message): Promise<void> {
  const answer = await post(type, body)
  if (answer.status === 200) return assert.equal(answer.text, String(body.length))
  assert.ok(REFUSALS.has(answer.status), `${answer.status} ${answer.text}`)
  assert.match(answer.type, /^application\/problem\+json/)
  assert.equal(JSON.parse(answer.text).status, answer.status)
}

async function assertForAll<T>(seconds: number, values: fc.Arbitrary<T>, check: (value: T) => Promise<void>) {
  let count = 0
  const property = fc.asyncProperty(values, async (value) => {
    count += 1
    await check(value)
  })
  await checkFor(seconds, property)
  return count
}

async function assertLives(): Promise<void> {
  assert.equal(server.process.exitCode, null)
  // On a connection of its own: those that are kept have been idle for so long that the server may just be closing them.
  const { status, text } = await post('application/json', Buffer.from('{"a":1}'), new Agent())
  assert.deepEqual([status, text], [200, '7'])
  assert.ok(!server.output().includes('a request failed'), server.output().slice(-4000))
}

function message(): fc.Arbitrary<Message> {
  const json = fc.record({
    type: fc.constantFrom('application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON;charset="UTF-8"'),
    body: fc
      .oneof(fc.json(), fc.string(), fc.constantFrom('['.repeat(5000), '{"a":'.repeat(250), '1e400', '-', '"\\ud800"'))
      .map((text) => Buffer.from(text)),
  })
  const form = fc.record({
    type: fc.constant('application/x-www-form-urlencoded'),
    body: fc
      .array(fc.tuple(fc.string(), fc.string()), { maxLength: 50 })
      .map((pairs) => Buffer.from(pairs.map((pair) => pair.map(escapeText).join('=')).join('&'))),
  })
  const odd = fc.record({
    type: headerValue(),
    body: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  })
  return fc
    .tuple(fc.oneof(json, form, multipart(), odd), fc.array(damage(), { maxLength: 3 }))
    .map(([{ type, body }, damages]) => ({ type, body: damages.reduce((bytes, spoil) => spoil(bytes), body) }))
}

/** Lone surrogates can't be escaped; they go out as they are. */
function escapeText(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : text
}

function multipart(): fc.Arbitrary<Message> {
  const name = fc.oneof(
    fc.string(),
    fc.constantFrom('__proto__', 'Content-Type', '../../etc/passwd', 'a'.repeat(9000), '"', ''),
  )
  const fileName = fc
    .tuple(fc.constantFrom('filename="@"', "filename*=utf-8''@", "FILENAME*=rot13''@", 'filename=@', 'name="@"'), name)
    .map(([form, text]) => form.replace('@', () => text))
  const part = fc.record({
    name,
    filename: fc.option(fileName),
    headers: fc.array(
      fc.oneof(fc.tuple(fc.string(), fc.string()), fc.constantFrom(['--b', 'v'], ['Content-Type', 'a/b\r\n folded'])),
      {
        maxLength: 3,
      },
    ),
    content: fc.uint8Array({ maxLength: 300 }),
  })
  const boundary = fc.oneof(
    fc.stringMatching(/^[0-9A-Za-z'()+_,./:=?-]{1,70}$/),
    fc.constantFrom('', 'b', 'b'.repeat(252), '--'),
  )
  const type = fc.constantFrom(
    'boundary="@"',
    'boundary=@',
    'BOUNDARY="@"; charset=utf-8',
    'x="; boundary=other;"; boundary="@"',
    'boundary="@"; boundary=other',
    'boundary = "@"',
  )
  const parts = fc.array(part, { maxLength: 6 })
  return fc.record({ boundary, type, parts }).map(({ boundary: mark, type: parameters, parts: all }) => ({
    type: `multipart/form-data; ${parameters.replace('@', () => mark)}`,
    body: Buffer.concat([
      ...all.flatMap(({ name: field, filename, headers, content }) => [
        Buffer.from(`--${mark}\r\nContent-Disposition: form-data; name="${field}"`),
        Buffer.from(filename === null ? '' : `; ${filename}`),
        Buffer.from(`\r\n${headers.map(([key, value]) => `${key}: ${value}\r\n`).join('')}\r\n`),
        Buffer.from(content),
        Buffer.from('\r\n'),
      ]),
      Buffer.from(`--${mark}--\r\n`),
    ]),
  }))
}

/** What goes wrong with bytes on their way: cut, doubled, changed, something put between. */
function damage(): fc.Arbitrary<(bytes: Buffer) => Buffer> {
  const at = fc.double({ min: 0, max: 1, noNaN: true })
  return fc.oneof(
    at.map((cut) => (bytes: Buffer) => bytes.subarray(0, Math.floor(cut * bytes.length))),
    at.map((cut) => (bytes: Buffer) => Buffer.concat([bytes, bytes.subarray(Math.floor(cut * bytes.length))])),
    fc.tuple(at, fc.uint8Array({ minLength: 1, maxLength: 4 })).map(([cut, put]) => (bytes: Buffer) => {
      const place = Math.floor(cut * bytes.length)
      return Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place)])
    }),
  )
}

/** Any value that Node lets a client send. */
const headerValue = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.stringMatching(/^[\x21-\x7e][\x20-\x7e]{0,80}$/),
    fc.constantFrom(
      'multipart/form-data',
      'application/json; charset=utf-16',
      'application/json;;',
      'text/plain',
      '/',
      ';',
    ),
  )

function head(): fc.Arbitrary<Buffer> {
  const path = new URL(hook.hook_url).pathname
  const line = fc.oneof(
    fc.constantFrom(
      `POST ${path} HTTP/1.1`,
      `POST ${path} HTTP/1.0`,
      `POST ${path} HTTP/3.0`,
      `post ${path} HTTP/1.1`,
      `POST http://other${path} HTTP/1.1`,
      `POST ${path}`,
      'PRI * HTTP/2.0',
    ),
    fc.string().map((text) => `POST ${path}?${text} HTTP/1.1`),
  )
  const header = fc.oneof(
    fc.constantFrom(
      'Host: t',
      'Host: t',
      'Content-Type: application/json',
      'Content-Length: 2',
      'Content-Length: +2',
      'Content-Length: 2, 2',
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: gzip, chunked',
      'Expect: 100-continue',
      'Content-Encoding: gzip',
      'Connection: upgrade',
      'Upgrade: websocket',
      ' folded',
      `X: ${'x'.repeat(20_000)}`,
    ),
    fc.tuple(fc.string(), fc.string()).map(([name, value]) => `${name}: ${value}`),
  )
  const body = fc.constantFrom(
    '',
    '{}',
    '2\r\n{}\r\n0\r\n\r\n',
    'ffffffffffffffff\r\n{}',
    '2;x=y\r\n{}\r\n0\r\n\r\n',
    '{}POST / HTTP/1.1\r\n\r\n',
  )
  return fc
    .tuple(line, fc.array(header, { maxLength: 8 }), body)
    .map(([first, headers, rest]) =>
      Buffer.from(`${[first, ...headers, 'Connection: close'].join('\r\n')}\r\n\r\n${rest}`, 'latin1'),
    )
}

function post(type: string, body: Buffer, connections = agent): Promise<HookAnswer> {
  return new Promise((done, fail) => {
    const headers = { 'content-type': type, 'content-length': body.length }
    const outgoing = request(hook.hook_url, { method: 'POST', agent: connections, headers }, (incoming) => {
      let text = ''
      incoming.setEncoding('utf8').on('data', (chunk) => (text += chunk))
      incoming.on('error', fail)
      incoming.on('end', () =>
        done({ status: incoming.statusCode ?? 0, type: incoming.headers['content-type'] ?? '', text }),
      )
    })
    outgoing.on('error', fail)
    outgoing.end(body)
  })
}

/** Sends the bytes. Returns what comes back until the connection ends. */
function exchange(bytes: Buffer): Promise<Buffer> {
  const { hostname, port } = new URL(server.url)
  return new Promise((done, fail) => {
    const chunks: Buffer[] = []
    const socket = connect({ host: hostname, port: Number(port) })
    socket.setTimeout(60_000, () =>
      socket.destroy(new Error(`no end after 60 s of: ${JSON.stringify(bytes.toString('latin1'))}`)),
    )
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', (error) =>
      'code' in error && CLOSED.has(error.code) ? done(Buffer.concat(chunks)) : fail(error),
    )
    socket.on('close', () => done(Buffer.concat(chunks)))
    socket.end(bytes)
  })
}
