/** Contract, section 2: what the function sees of a request. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { onSharedServers, type SharedServer } from '../helpers/shared-servers.ts'
import {
  callHook,
  createCatch,
  type HookCall,
  logsOf,
  type RunBody,
  runOf,
  type WorkflowBody,
} from '../helpers/workflows.ts'

onSharedServers((share) => {
  let server: SharedServer
  let workflow: WorkflowBody
  before(async () => {
    server = await share()
    workflow = await createCatch(server, { source: EVALUATOR })
  })
  after(() => server.close())

  /** Evaluates the expression in the query on the request, so that each test asks what it wants to know. */
  const EVALUATOR = `
import json
def workflow(_request, settings):
    found = eval(_request.query["e"], {"r": _request, "json": json})
    return {"status_code": 200, "body": json.dumps(found, default=repr)}
`

  async function see(expression: string, json: unknown, call: HookCall = {}): Promise<unknown> {
    const answer = await callHook(workflow, json, { ...call, query: `?e=${encodeURIComponent(expression)}` })
    assert.equal(answer.status, 200, answer.text)
    return JSON.parse(answer.text)
  }
  const raw = (body: string, type = 'application/json'): HookCall => ({ body, headers: { 'content-type': type } })

  test('body fields and headers are one flat dict', async () => {
    assert.deepEqual(await see('[r["file_url"], r["Content-Type"], isinstance(r, dict)]', { file_url: 'u' }), [
      'u',
      'application/json',
      true,
    ])
  })

  test('H45 headers are found in any case, by [], in and get', async () => {
    const headers = { 'HTTP-HRFLOW-SIGNATURE': 'abc' }
    const expression =
      '[r["http-hrflow-signature"], "Http-Hrflow-Signature" in r, r.get("HTTP-hrflow-signature"), r.get("none", 7)]'
    assert.deepEqual(await see(expression, {}, { headers }), ['abc', true, 'abc', 7])
  })

  test('a body field wins over a header of the same spelling and cannot spoof headers', async () => {
    const headers = { 'x-mine': 'header' }
    assert.deepEqual(await see('[r["x-mine"], r.headers["X-Mine"]]', { 'x-mine': 'body' }, { headers }), [
      'body',
      'header',
    ])
  })

  test('iteration yields each key once', async () => {
    const seen = await see('[len(list(r)) == len(set(r)), sorted(dict(r)) == sorted(r)]', { a: 1 })
    assert.deepEqual(seen, [true, true])
  })

  test('H28 numbers, order and duplicates arrive as Python itself reads them', async () => {
    const call = raw('{"id":9223372036854775808,"x":1.0,"10":1,"9":2,"a":1,"a":2,"n":"\\u0000"}')
    const seen = await see(
      '[repr(r["id"]), repr(r["x"]), [k for k in r if k in ("10","9")], r["a"], r["n"]]',
      null,
      call,
    )
    assert.deepEqual(seen, ['9223372036854775808', '1.0', ['10', '9'], 2, '\u0000'])
  })

  for (const [text, expected] of [
    ['[1,2]', [1, 2]],
    ['"text"', 'text'],
    ['7', 7],
    ['null', null],
  ] as const) {
    test(`H25 the body ${text} is found under "body"`, async () => {
      assert.deepEqual(await see('r["body"]', null, raw(text)), expected)
    })
  }

  test('the raw body, the query, the method and the url are attributes', async () => {
    const seen = await see(
      '[r.body.decode(), r.query["e"][:2], r.method, r.url.startswith("/hooks/")]',
      null,
      raw('{ "a" : 1 }'),
    )
    assert.deepEqual(seen, ['{ "a" : 1 }', '[r', 'POST', true])
  })

  test('H35 a form: a field sent twice is a list', async () => {
    const call = raw('a=1&a=2&b=x%20y&c=', 'application/x-www-form-urlencoded')
    assert.deepEqual(await see('[r["a"], r["b"], r["c"]]', null, call), [['1', '2'], 'x y', ''])
  })

  test('H43 a file part keeps its bytes, its name and its type', async () => {
    const form = new FormData()
    form.append('job', 'dev')
    form.append('job', 'ops')
    form.append('cv', new Blob([Uint8Array.from([0, 255, 13, 10, 45, 45])], { type: 'application/pdf' }), 'cv é.pdf')
    const expression =
      '[r["job"], r["cv"].filename, r["cv"].content_type, r["cv"].size, list(r["cv"].content), list(r["cv"].read())]'
    const bytes = [0, 255, 13, 10, 45, 45]
    assert.deepEqual(await see(expression, null, { body: form }), [
      ['dev', 'ops'],
      'cv é.pdf',
      'application/pdf',
      6,
      bytes,
      bytes,
    ])
  })

  test('an empty body without a content type is an empty body', async () => {
    const answer = await fetch(`${workflow.hook_url}?e=${encodeURIComponent('[r.body.decode(), "body" in r]')}`, {
      method: 'POST',
    })
    assert.equal(answer.status, 200)
    assert.deepEqual(await answer.json(), ['', false])
  })

  test('the first parameter may have any name and the module is its own', async () => {
    const source = 'N = __name__\ndef workflow(body, s):\n    return {"status_code": 200, "body": N + body["a"]}\n'
    const old = await createCatch(server, { source })
    assert.equal((await callHook(old, { a: '!' })).text, 'workflow!')
  })

  test('the work directory is empty, and its own in each run', async () => {
    const source = `
import os, tempfile
def workflow(_request, settings):
    before = os.listdir(".") + os.listdir(tempfile.gettempdir())
    open("left", "w").close(); open("/dev/shm/left", "w").close()
    return {"status_code": 200, "body": repr((before, os.environ["HOME"] == os.getcwd(), os.listdir("/dev/shm")))}
`
    const scratch = await createCatch(server, { source })
    for (let round = 0; round < 3; round += 1) {
      assert.equal((await callHook(scratch, {})).text, "([], True, ['left'])")
    }
  })

  test('F36 what a function does to _request and settings themselves changes nothing that is kept of them', async () => {
    const rebinds = await createCatch(server, {
      settings: { kept: 1 },
      source: `
def workflow(_request, settings):
    settings["kept"] = 2
    _request["a"] = "changed"
    del _request["b"]
    _request.headers.clear() if hasattr(_request.headers, "clear") else None
    _request, settings = {}, {"kept": 3, "other": 4}
`,
    })
    const answer = await callHook(rebinds, { a: 'sent', b: 'sent' })
    assert.equal(answer.status, 200, answer.text)
    const run = await server.api<RunBody & { request: { body: string } }>(
      'GET',
      `/api/runs/${answer.headers.get('workflow-run')}`,
    )
    assert.equal(run.body.request.body, '{"a":"sent","b":"sent"}')
    assert.deepEqual(run.body.settings_changes, [{ key: 'kept', old: 1, new: 2 }])
  })

  test('Y21 the key of the hook reaches the function and the caller, but neither the log nor the stored answer', async () => {
    const source = 'def workflow(_request, settings):\n    print(_request.url)\n    return _request.url\n'
    const workflow = await createCatch(server, { source })
    const key = new URL(workflow.hook_url).pathname.replace('/hooks/', '')
    const answer = await callHook(workflow, {}, { query: '?a=1' })
    const { id, result, response } = await runOf(server, answer)
    const log = await logsOf(server, id)
    assert.deepEqual(
      log.map(({ text }) => text),
      ['/hooks/***?a=1'],
    )
    assert.ok(!JSON.stringify([result, response]).includes(key))
  })
})
