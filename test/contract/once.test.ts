/** Idempotency keys, from outside: one run for all calls with one key, and one answer. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import { startServer } from '../helpers/server.ts'
import { shareServer } from '../helpers/shared-servers.ts'
import { callHook, createCatch, createPull, must, until, type WorkflowBody } from '../helpers/workflows.ts'

const COUNTER = `
import time
def workflow(_request, settings):
    time.sleep(_request.get("seconds", 0))
    if _request.get("fail"):
        raise ValueError("no")
    settings["n"] = settings.get("n", 0) + 1
    return {"status_code": 201, "headers": {"X-Count": str(settings["n"])}, "body": "run %d" % settings["n"]}
`
const HEADER = { from: 'header', name: 'Idempotency-Key' }

const server = await shareServer()
after(() => server.close())

const withKey = (key: string) => ({ headers: { 'idempotency-key': key } })
const runCount = async ({ id }: WorkflowBody): Promise<number> =>
  (await must(server.api<{ data: unknown[] }>('GET', `/api/workflows/${id}/runs?limit=200`), 200)).data.length

test('the same key returns the stored status, headers and body again, marked, without a run', async () => {
  const workflow = await createCatch(server, { source: COUNTER, idempotency: HEADER })
  const first = await callHook(workflow, { a: 1 }, withKey('"k-1"'))
  const again = await callHook(workflow, { a: 1 }, withKey('k-1'))
  for (const answer of [first, again]) {
    assert.deepEqual([answer.status, answer.text, answer.headers.get('x-count')], [201, 'run 1', '1'])
    assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
  }
  assert.equal(again.headers.get('workflow-run'), first.headers.get('workflow-run'))
  assert.deepEqual(
    [first, again].map(({ headers }) => headers.get('idempotency-replayed')),
    [null, 'true'],
  )
  assert.equal((await callHook(workflow, { a: 1 }, withKey('k-2'))).text, 'run 2')
  assert.equal((await callHook(workflow, { a: 1 })).text, 'run 3', 'a call without a key is a run of its own')
  assert.equal(await runCount(workflow), 3)
})

test('a failure is given again too, and another body is refused with 422', async () => {
  const workflow = await createCatch(server, { source: COUNTER, idempotency: HEADER })
  const first = await callHook(workflow, { fail: true }, withKey('k'))
  const again = await callHook(workflow, { fail: true }, withKey('k'))
  assert.deepEqual([first.status, first.text], [500, again.text])
  assert.equal(again.headers.get('idempotency-replayed'), 'true')
  const other = await callHook(workflow, { fail: false }, withKey('k'))
  assert.deepEqual([other.status, other.body.code], [422, 'key_reused'])
  assert.equal(await runCount(workflow), 1)
})

test('D09 of calls that race with one key one runs, and the others get 409 or its answer', async () => {
  const workflow = await createCatch(server, { source: COUNTER, idempotency: HEADER, max_concurrency: 20 })
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => callHook(workflow, { seconds: 1 }, withKey('race'))),
  )
  assert.ok(answers.some(({ status }) => status === 201))
  for (const { status, text, body, headers } of answers) {
    if (status === 201) assert.equal(text, 'run 1')
    else {
      assert.deepEqual([status, body.code], [409, 'key_in_use'])
      assert.ok(Number(headers.get('retry-after')) > 0)
    }
  }
  assert.equal(await runCount(workflow), 1)
  assert.equal((await callHook(workflow, { seconds: 1 }, withKey('race'))).text, 'run 1')
})

test('a key may stand in a header or at a path of a JSON body of the workflow’s choice', async () => {
  const byHeader = await createCatch(server, { source: COUNTER, idempotency: { from: 'header', name: 'webhook-id' } })
  for (const expected of ['run 1', 'run 1']) {
    assert.equal((await callHook(byHeader, {}, { headers: { 'Webhook-Id': 'msg_1' } })).text, expected)
  }
  const byBody = await createCatch(server, { source: COUNTER, idempotency: { from: 'body', path: 'event.id' } })
  const send = (id: unknown) => callHook(byBody, { event: { id } })
  assert.equal((await send(7)).text, 'run 1')
  assert.equal((await send(7)).headers.get('idempotency-replayed'), 'true')
  assert.equal((await send('e-8')).text, 'run 2')
  assert.equal((await send(null)).text, 'run 3')
  assert.equal((await callHook(byBody, {}, { body: new FormData() })).text, 'run 4')
  const digest = createHash('sha256').update('x').digest('hex').repeat(5)
  assert.deepEqual((await send(digest)).body.code, 'bad_request', 'a key has at most 255 characters')
})

test('nothing changes for a workflow that does not ask for it', async () => {
  const workflow = await createCatch(server, { source: COUNTER })
  assert.equal((await callHook(workflow, {}, withKey('k'))).text, 'run 1')
  assert.equal((await callHook(workflow, {}, withKey('k'))).text, 'run 2')
})

test('the place of the key is checked, shown and changed', async () => {
  const workflow = await createCatch(server, { source: COUNTER })
  const patch = (idempotency: unknown) => server.api('PATCH', `/api/workflows/${workflow.id}`, { idempotency })
  assert.deepEqual((await must(patch({ from: 'header' }), 200)).idempotency, HEADER)
  assert.deepEqual((await must(patch({ from: 'body', path: 'id' }), 200)).idempotency, { from: 'body', path: 'id' })
  for (const wrong of [
    { from: 'header', name: 'a b' },
    { from: 'body' },
    { from: 'body', path: 'a..b' },
    { from: 'x' },
  ]) {
    assert.equal((await patch(wrong)).status, 400, JSON.stringify(wrong))
  }
  assert.equal((await must(patch(null), 200)).idempotency, null)
  const pull = await createPull(server, { source: 'def workflow(settings): pass' })
  assert.equal((await server.api('PATCH', `/api/workflows/${pull.id}`, { idempotency: HEADER })).status, 400)
})

test('D03 a server killed between commit and answer returns the stored answer; the key of a lost run says that it was lost', async () => {
  const doomed = await startServer()
  const workflow = await createCatch(doomed, { source: COUNTER, idempotency: HEADER, timeout_seconds: 600 })
  const done = callHook(workflow, {}, withKey('done')).catch(() => null)
  const lost = callHook(workflow, { seconds: 500 }, withKey('lost')).catch(() => null)
  await until(async () => {
    const { body } = await doomed.api<{ data: { status: string }[] }>('GET', `/api/workflows/${workflow.id}/runs`)
    return (
      body.data.some(({ status }) => status === 'succeeded') && body.data.some(({ status }) => status === 'running')
    )
  })
  await doomed.stop('SIGKILL')
  await Promise.all([done, lost])
  const next = await startServer({ dataDir: doomed.dataDir })
  try {
    const hook = { ...workflow, hook_url: `${next.url}${new URL(workflow.hook_url).pathname}` }
    const stored = await callHook(hook, {}, withKey('done'))
    assert.deepEqual([stored.status, stored.text], [201, 'run 1'])
    assert.equal(stored.headers.get('idempotency-replayed'), 'true')
    const told = await callHook(hook, { seconds: 500 }, withKey('lost'))
    assert.deepEqual([told.status, told.body.code, told.headers.get('idempotency-replayed')], [503, 'lost', 'true'])
  } finally {
    await next.close()
  }
})
