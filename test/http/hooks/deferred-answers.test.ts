/** What callers of hooks get, header by header: R19 to R26, and hooks on an origin of their own. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer } from '../../helpers/server.ts'
import { type SharedServer, shareServer } from '../../helpers/shared-servers.ts'
import { callHook, createCatch, runOf, type WorkflowBody } from '../../helpers/workflows.ts'
import { post, type RawAnswer, sendRaw } from '../raw.ts'

const SOURCE = `
def workflow(_request, settings):
    return {"status_code": _request.get("status", 200), "body": _request.get("text", "hello"), "headers": _request.get("set", {})}
`
const OWN_HEADERS = [
  'content-type',
  'content-length',
  'date',
  'connection',
  'keep-alive',
  'x-content-type-options',
  'workflow-run',
  'content-security-policy',
]

let server: SharedServer
let workflow: WorkflowBody
before(async () => {
  server = await shareServer()
  workflow = await createCatch(server, { source: SOURCE })
})
after(() => server.close())

const ask = (json: object, own = server, hook = workflow): Promise<RawAnswer> =>
  sendRaw(own.url, post(new URL(hook.hook_url).pathname, ['Content-Type: application/json'], JSON.stringify(json)))

async function warningsOf(answer: RawAnswer): Promise<readonly string[]> {
  const run = await runOf(server, await callHook({ ...workflow }, {}))
  assert.equal(run.status, 'succeeded')
  const { body } = await server.api<{ warnings: { key?: string }[] }>(
    'GET',
    `/api/runs/${answer.headers['workflow-run']}`,
  )
  return body.warnings.map(({ key }) => key ?? '')
}

for (const status of [200, 204]) {
  test(`R18 a header value beyond ASCII is Latin-1 on the wire, as it is in requests, with ${status}`, async () => {
    const answer = await ask({ status, text: 'text: é', set: { 'X-Name': 'café' } })
    assert.deepEqual([answer.status, answer.headers['x-name']], [status, 'café'])
    assert.equal(Buffer.from(answer.body, 'latin1').toString(), status === 204 ? '' : 'text: é')
  })
}

const dropped: Readonly<Record<string, string>> = {
  'Content-Length': '2',
  'Transfer-Encoding': 'chunked',
  Connection: 'close',
  'Keep-Alive': 'timeout=1',
  Upgrade: 'h2c',
  TE: 'trailers',
  Trailer: 'X',
  'Proxy-Authenticate': 'Basic',
  'Proxy-Connection': 'close',
  Date: 'yesterday',
  'Workflow-Run': 'run_forged',
  'Set-Cookie': 'a=b',
  'Clear-Site-Data': '"*"',
  'Content-Security-Policy': "default-src 'none'",
  'X-Content-Type-Options': 'off',
}
for (const [name, value] of Object.entries(dropped)) {
  test(`R19 R20 R22 R23 ${name} of the function is not sent, with a warning`, async () => {
    const answer = await ask({ set: { [name]: value, 'X-Kept': 'yes' } })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['x-kept'], 'yes')
    assert.notEqual(answer.headers[name.toLowerCase()], value)
    assert.equal(answer.headers['content-length'], '5')
    assert.equal(answer.body, 'hello')
    assert.match(answer.headers['workflow-run'] ?? '', /^run_/)
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    assert.equal(answer.headers['content-security-policy'], 'sandbox')
    assert.deepEqual(await warningsOf(answer), [name])
  })
}

test('the platform adds its own headers and no others', async () => {
  const answer = await ask({})
  assert.deepEqual(
    Object.keys(answer.headers).filter((name) => !OWN_HEADERS.includes(name)),
    [],
  )
  assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8')
})

test('R25 of names that differ in case the last one is sent', async () => {
  const answer = await ask({ set: { 'X-A': '1', 'x-a': '2' } })
  assert.equal(answer.headers['x-a'], '2')
  assert.equal(answer.text.match(/^x-a:/gim)?.length, 1)
})

test("R21 R23 R24 other headers are the function's own, a list is sent line by line", async () => {
  const answer = await ask({
    text: '<script>1</script>',
    set: {
      'Content-Type': 'text/html',
      Location: 'https://x.test/',
      Vary: ['A', 'B'],
      'Access-Control-Allow-Origin': '*',
    },
  })
  assert.deepEqual(
    [answer.headers['content-type'], answer.headers.location, answer.headers['access-control-allow-origin']],
    ['text/html', 'https://x.test/', '*'],
  )
  assert.equal(answer.text.match(/^vary: [AB]$/gim)?.length, 2)
  assert.equal(answer.headers['content-security-policy'], 'sandbox')
})

for (const status of [204, 205, 304]) {
  test(`R09 a ${status} is sent without its body, and the connection goes on`, async () => {
    const path = new URL(workflow.hook_url).pathname
    const once = post(path, ['Content-Type: application/json'], JSON.stringify({ status, text: 'not sent' }))
    const { text } = await sendRaw(
      server.url,
      [...once, ...post(path, ['Content-Type: application/json'], '{"text":"second"}')],
      { answers: 2 },
    )
    assert.ok(text.startsWith(`HTTP/1.1 ${status} `), text)
    assert.ok(!text.includes('not sent'), text)
    assert.ok(text.includes('HTTP/1.1 200 OK') && text.endsWith('second'), text)
  })
}

test('text outside ASCII has its length in bytes', async () => {
  const text = 'é€😀'
  const answer = await callHook(workflow, { text })
  assert.deepEqual([answer.text, answer.headers.get('content-length')], [text, String(Buffer.byteLength(text))])
})

test("with hooks on an origin of their own, cookies and the policy are the function's", async () => {
  const own = await startServer({
    env: { WORKFLOWS_HOOKS_URL: 'http://hooks.localhost:1', WORKFLOWS_PUBLIC_URL: 'http://app.localhost:1' },
  })
  try {
    const hook = await createCatch(own, { source: SOURCE })
    assert.ok(hook.hook_url.startsWith('http://hooks.localhost:1/hooks/'))
    const set = { 'Set-Cookie': ['a=b', 'c=d'], 'Content-Security-Policy': "default-src 'none'" }
    const answer = await ask({ set }, own, hook)
    assert.equal(answer.headers['content-security-policy'], "default-src 'none'")
    assert.equal(answer.text.match(/^set-cookie:/gim)?.length, 2)
    assert.equal((await ask({}, own, hook)).headers['content-security-policy'], undefined)
    const refused = await sendRaw(own.url, post('/hooks/unknown', [], ''))
    assert.deepEqual([refused.status, refused.headers['content-security-policy']], [404, undefined])

    const path = new URL(hook.hook_url).pathname
    const fromForm = ['Content-Type: application/json', 'Origin: https://evil.test']
    const onApp = await sendRaw(own.url, post(path, fromForm, JSON.stringify({ set })))
    assert.deepEqual(
      [onApp.status, onApp.headers['content-security-policy'], onApp.headers['set-cookie']],
      [200, 'sandbox', undefined],
    )
    const appOnHooksHost = await sendRaw(own.url, ['GET /api/system HTTP/1.1\r\nHost: hooks.localhost:1\r\n\r\n'])
    assert.equal(appOnHooksHost.status, 404)
    assert.equal((await sendRaw(own.url, ['GET /healthz HTTP/1.1\r\nHost: hooks.localhost:1\r\n\r\n'])).status, 200)
  } finally {
    await own.close()
  }
})
