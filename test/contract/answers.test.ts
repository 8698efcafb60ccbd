/** Contract, section 2: what comes of the return value, seen from outside. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { onSharedServers, type SharedServer } from '../helpers/shared-servers.ts'
import { callHook, createCatch, runOf } from '../helpers/workflows.ts'

onSharedServers((share) => {
  let server: SharedServer
  before(async () => {
    server = await share()
  })
  after(() => server.close())

  /** A catch function that evaluates what the test sends, so that one sandbox serves the whole table. */
  const define = (body: string): string => `
import http, enum, os, sys, time, decimal
def workflow(_request, settings):
${body
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
`

  async function answerOf(body: string, fields: { readonly timeout_seconds?: number } = {}) {
    const workflow = await createCatch(server, { source: define(body), ...fields })
    const answer = await callHook(workflow, { hello: 'world' })
    return { workflow, answer, run: await runOf(server, answer) }
  }

  test('R02 a dict with status, body and headers is the answer', async () => {
    const { answer, run } = await answerOf(
      `return {"status_code": 201, "body": "caf\\u00e9", "headers": {"X-One": "1", "X-Two": ["a", "b"]}}`,
    )
    assert.equal(answer.status, 201)
    assert.equal(answer.text, 'café')
    assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
    assert.equal(answer.headers.get('x-one'), '1')
    assert.equal(answer.headers.get('x-two'), 'a, b')
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    assert.equal(answer.headers.get('content-security-policy'), 'sandbox')
    assert.equal(run.status, 'succeeded')
  })

  for (const [name, value] of Object.entries({
    None: 'None',
    'an empty string': '""',
    'a list': '[1]',
    'a tuple': '("x", 200)',
    'a number': '7',
    'a generator': '(x for x in [])',
  })) {
    test(`R01 returning ${name} leads to the default answer`, async () => {
      const { answer, run } = await answerOf(`return ${value}`)
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('content-type')?.split(';')[0], 'application/json')
      assert.deepEqual(answer.body, { status: 'succeeded', run_id: run.id })
      assert.equal(run.status, 'succeeded')
    })
  }

  const INVALID: Readonly<Record<string, readonly [code: string, names: RegExp]>> = {
    'R03 no status_code': ['{"body": "x"}', /status_code/],
    'R03 no body': ['{"status_code": 200}', /body/],
    'R04 a string status': ['{"status_code": "200", "body": "x"}', /status_code.*int.*str/s],
    'R05 True as status': ['{"status_code": True, "body": "x"}', /status_code.*bool/s],
    'R05 a float status': ['{"status_code": 200.0, "body": "x"}', /status_code.*float/s],
    'R07 status 99': ['{"status_code": 99, "body": "x"}', /status_code.*99/s],
    'R07 a huge status': ['{"status_code": 10**30, "body": "x"}', /status_code/],
    'R08 status 101': ['{"status_code": 101, "body": "x"}', /status_code.*101/s],
    'R10 status 600': ['{"status_code": 600, "body": "x"}', /status_code.*600/s],
    'R11 bytes as body': ['{"status_code": 200, "body": b"x"}', /body.*bytes/s],
    'R11 a dict as body': ['{"status_code": 200, "body": {}}', /body.*json\.dumps/s],
    'R12 a body over 6 MiB': ['{"status_code": 200, "body": "x" * (6 * 1024 * 1024 + 1)}', /body/],
    'R14 a lone surrogate': ['{"status_code": 200, "body": "ab\\ud800"}', /body.*2/s],
    'R15 a line break in a header': ['{"status_code": 200, "body": "", "headers": {"X": "a\\r\\nY: b"}}', /headers|X/],
    'R16 a header name with a space': ['{"status_code": 200, "body": "", "headers": {"a b": "c"}}', /a b/],
    'R17 a header value that is an int': ['{"status_code": 200, "body": "", "headers": {"X-N": 1}}', /X-N.*int/s],
    'R26 65 headers': ['{"status_code": 200, "body": "", "headers": {"X-%d" % i: "v" for i in range(65)}}', /64/],
  }
  for (const [name, [code, names]] of Object.entries(INVALID)) {
    test(`${name} is invalid_response and 502`, async () => {
      const { answer, run } = await answerOf(`return ${code}`)
      assert.equal(answer.status, 502)
      assert.equal(answer.headers.get('content-type')?.split(';')[0], 'application/problem+json')
      assert.equal(answer.body.code, 'invalid_response')
      assert.equal(answer.body.status, 502)
      assert.equal(answer.body.run_id, run.id)
      assert.deepEqual([run.status, run.code], ['failed', 'invalid_response'])
      assert.match(run.message ?? '', names)
    })
  }

  test('R06 http.HTTPStatus is an int', async () => {
    const { answer } = await answerOf('return {"status_code": http.HTTPStatus.ACCEPTED, "body": "ok"}')
    assert.equal(answer.status, 202)
  })

  test('R09 a 204 is sent without its body, with a warning', async () => {
    const { answer, run } = await answerOf('return {"status_code": 204, "body": "x"}')
    assert.deepEqual([answer.status, answer.text], [204, ''])
    assert.deepEqual(
      run.warnings.map(({ code }) => code),
      ['body_dropped'],
    )
  })

  test('R19 R20 R23 headers that are not the function’s to set are dropped with warnings', async () => {
    const { answer, run } = await answerOf(
      'return {"status_code": 200, "body": "12345", "headers": {"Content-Length": "2", "Transfer-Encoding": "chunked", "Set-Cookie": "a=1", "Workflow-Run": "x", "X-Ok": "1"}}',
    )
    assert.equal(answer.text, '12345')
    assert.equal(answer.headers.get('set-cookie'), null)
    assert.equal(answer.headers.get('x-ok'), '1')
    assert.equal(run.warnings.length, 4)
  })

  const RAISING: Readonly<Record<string, string>> = {
    'F03 an exception': 'raise ValueError("no such candidate")',
    'F06 SystemExit': 'sys.exit(0)',
    'F07 KeyboardInterrupt': 'raise KeyboardInterrupt()',
  }
  for (const [name, body] of Object.entries(RAISING)) {
    test(`${name} is failed, exception, 500, with a traceback that starts in the user's code`, async () => {
      const { answer, run } = await answerOf(body)
      assert.equal(answer.status, 500)
      assert.equal(answer.body.code, 'exception')
      assert.equal(answer.body.run_id, run.id)
      assert.ok(!answer.text.includes('Traceback') && !answer.text.includes('candidate'))
      assert.deepEqual([run.status, run.code], ['failed', 'exception'])
      const files = [...(run.traceback ?? '').matchAll(/File "([^"]+)", line (\d+)/g)].map(([, file]) => file)
      assert.equal(files[0], 'workflow.py')
    })
  }

  test('reported failures of hrflow connectors are successes that carry a warning', async () => {
    const body = 'return type("RunResult", (), {"status": enum.Enum("S", {"x": "fatal"})("fatal")})()'
    const { answer, run } = await answerOf(body)
    assert.equal(answer.status, 200)
    assert.equal(run.status, 'succeeded')
    assert.deepEqual(
      run.warnings.map(({ code }) => code),
      ['reported_failure'],
    )
  })

  test('S03 a datetime left in settings is invalid_settings, naming key and type', async () => {
    const { answer, run } = await answerOf('import datetime\nsettings["AT"] = datetime.datetime.now()')
    assert.equal(answer.status, 500)
    assert.deepEqual([run.status, run.code], ['failed', 'invalid_settings'])
    assert.match(run.message ?? '', /AT.*datetime/s)
  })

  test('F09 a busy loop is timed out with 504', async () => {
    const { answer, run } = await answerOf('while True: pass', { timeout_seconds: 2 })
    assert.equal(answer.status, 504)
    assert.deepEqual([run.status, run.code], ['timed_out', 'timeout'])
  })

  test('F08 a process that ends itself is crashed with 500', async () => {
    const { answer, run } = await answerOf('os._exit(3)')
    assert.equal(answer.status, 500)
    assert.deepEqual([run.status, run.code], ['failed', 'crashed'])
    assert.match(run.message ?? '', /3/)
  })

  test('F17 memory without end is out_of_memory with 500', async () => {
    const { answer, run } = await answerOf('x = []\nwhile True: x.append(bytearray(10_000_000))')
    assert.equal(answer.status, 500)
    assert.deepEqual([run.status, run.code], ['failed', 'out_of_memory'])
    assert.match(String(run.message), /memory limit of 512 MiB( and was stopped)? \(peak \d+ MiB\)$/)
  })

  test('async def workflow is awaited', async () => {
    const source =
      'import asyncio\nasync def workflow(_request, settings):\n    await asyncio.sleep(0)\n    return {"status_code": 200, "body": "awaited"}\n'
    const workflow = await createCatch(server, { source })
    assert.equal((await callHook(workflow, {})).text, 'awaited')
  })

  for (const [name, source, message] of [
    ['is no Python', 'x = 1\ny = (\n', /^SyntaxError: .* \(line 2\)$/],
    ['needs what is not there', 'import os\nimport no_such_package\n', /^ModuleNotFoundError: .* \(line 2\)$/],
    ['has no workflow', 'def handler():\n    pass\n', /found the functions handler \(line 1\)$/],
    ['takes one parameter too many', '\n\ndef workflow(a, b, c):\n    pass\n', /workflow\(a, b, c\)` \(line 3\)$/],
  ] as const) {
    test(`F01 a run of code that ${name} is load_error with its line`, async () => {
      const workflow = await createCatch(server, { source: define('return None') })
      const draft = await server.api('POST', `/api/workflows/${workflow.id}/versions`, { source, deploy: false })
      assert.equal(draft.status, 201)
      const run = await server.api('POST', `/api/workflows/${workflow.id}/runs`, { version: 2 })
      assert.deepEqual([run.status, run.body.status, run.body.code], [200, 'failed', 'load_error'])
      assert.match(String(run.body.message), message)
    })
  }

  test('a run that a person cancels is cancelled with 503', async () => {
    const workflow = await createCatch(server, {
      source: define('print("here", flush=True)\ntime.sleep(500)'),
      timeout_seconds: 600,
    })
    const call = callHook(workflow, {})
    const id = await runningRun(workflow.id)
    assert.equal((await server.api('POST', `/api/runs/${id}/cancel`)).status, 200)
    const answer = await call
    assert.equal(answer.status, 503)
    const run = await runOf(server, answer)
    assert.deepEqual([run.status, run.code], ['cancelled', 'cancelled'])
  })

  async function runningRun(workflowId: string): Promise<string> {
    for (;;) {
      const { body } = await server.api<{ data: { id: string }[] }>(
        'GET',
        `/api/workflows/${workflowId}/runs?status=running`,
      )
      const id = body.data[0]?.id
      if (id !== undefined) return id
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
})
