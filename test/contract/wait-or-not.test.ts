/** RFC 7240, from outside: the caller or the workflow chooses whether a call waits for the function's answer. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import { type Answer, readAnswer, startServer, type TestServer } from '../helpers/server.ts'
import {
  callHook,
  createCatch,
  createPull,
  must,
  type RunBody,
  until,
  type WorkflowBody,
} from '../helpers/workflows.ts'

const SLOW = `
import time, urllib.request
def workflow(_request, settings):
    time.sleep(_request.get("seconds", 0))
    if "held" in _request:
        urllib.request.urlopen("http://127.0.0.1:%d/held" % _request["held"]).read()
    if _request.get("fail"):
        raise ValueError("no")
    settings["n"] = settings.get("n", 0) + 1
    return {"status_code": 201, "headers": {"X-N": str(settings["n"])}, "body": "slow answer"}
`

let server: TestServer
let slow: WorkflowBody
/** Each holds the runs of one test. */
let first: HttpTarget
let second: HttpTarget
before(async () => {
  first = await startHttpTarget()
  second = await startHttpTarget()
  server = await startServer({
    env: { WORKFLOWS_EGRESS_ALLOW: [first, second].map(({ port }) => `127.0.0.1:${port}`).join(',') },
  })
  slow = await createCatch(server, { source: SLOW, timeout_seconds: 600 })
})
after(async () => {
  await server.close()
  for (const target of [first, second]) target.close()
})

const prefer = (value: string) => ({ headers: { prefer: value } })
const linkOf = ({ headers }: Answer<unknown>): string => headers.get('location') ?? ''
const follow = async (link: string, method = 'GET') => await readAnswer(await fetch(link, { method }))
const answerAt = (link: string) =>
  until(async () => {
    const answer = await follow(link)
    return answer.status !== 202 && answer
  })

test('respond-async is answered 202 with a link that later returns the function’s own answer', async () => {
  const accepted = await callHook(slow, { held: first.port }, prefer('respond-async'))
  assert.deepEqual([accepted.status, accepted.headers.get('preference-applied')], [202, 'respond-async'])
  const runId = accepted.headers.get('workflow-run')
  const link = linkOf(accepted)
  assert.deepEqual(accepted.body, { status: 'queued', run_id: runId, answer_url: link })
  const pending = await follow(link)
  assert.equal(pending.status, 202)
  assert.match(String((pending.body as Record<string, unknown>).status), /queued|running/)
  assert.ok(Number(pending.headers.get('retry-after')) > 0)
  first.release()
  const answer = await answerAt(link)
  assert.deepEqual([answer.status, answer.text, answer.headers.get('x-n')], [201, 'slow answer', '1'])
  for (const [name, value] of [
    ['workflow-run', runId],
    ['content-type', 'text/plain; charset=utf-8'],
    ['cache-control', 'no-store'],
    ['content-security-policy', 'sandbox'],
    ['x-content-type-options', 'nosniff'],
  ] as const) {
    assert.equal(answer.headers.get(name), value, name)
  }
  assert.equal((await follow(link, 'HEAD')).status, 201)
  const run = await must(server.api<RunBody>('GET', `/api/runs/${runId}`), 200)
  assert.deepEqual([run.status, run.trigger], ['succeeded', 'hook'])
})

test('a failure is behind the link too', async () => {
  const answer = await answerAt(linkOf(await callHook(slow, { fail: true }, prefer('respond-async'))))
  assert.deepEqual([answer.status, (answer.body as Record<string, unknown>).code], [500, 'exception'])
})

test('wait=N returns the answer when it comes in time, and 202 when it does not', async () => {
  const quick = await callHook(slow, {}, prefer('wait=60'))
  assert.deepEqual([quick.status, quick.text, quick.headers.get('preference-applied')], [201, 'slow answer', 'wait=60'])
  const late = await callHook(slow, { held: second.port }, prefer('respond-async, wait=1'))
  assert.deepEqual([late.status, late.headers.get('preference-applied')], [202, 'respond-async, wait=1'])
  second.release()
  assert.equal((await answerAt(linkOf(late))).text, 'slow answer')
})

test('a workflow may acknowledge by default, in its own words, and a caller may wait all the same', async () => {
  const answer = { mode: 'async', status_code: 200, body: '{"ok":true}', content_type: 'application/json' }
  const workflow = await createCatch(server, { source: SLOW, answer })
  assert.deepEqual(workflow.answer, answer)
  const accepted = await callHook(workflow, {})
  assert.deepEqual(
    [accepted.status, accepted.text, accepted.headers.get('preference-applied')],
    [200, '{"ok":true}', null],
  )
  assert.equal((await answerAt(linkOf(accepted))).text, 'slow answer')
  assert.equal((await callHook(workflow, {}, prefer('wait=60'))).text, 'slow answer')
  const patch = (value: unknown) => server.api('PATCH', `/api/workflows/${workflow.id}`, { answer: value })
  const plain = { mode: 'async', status_code: 202, body: null, content_type: null }
  assert.deepEqual((await must(patch({ mode: 'async' }), 200)).answer, plain)
  assert.equal((await callHook(workflow, {})).status, 202)
  await must(patch({ mode: 'async', status_code: 204 }), 200)
  const empty = await callHook(workflow, {})
  assert.deepEqual([empty.status, empty.text], [204, ''])
  for (const wrong of [
    {},
    { mode: 'sync' },
    { mode: 'async', status_code: 302 },
    { mode: 'async', content_type: 'a\nb' },
    { mode: 'async', content_type: 'a/b\n;c=d' },
  ]) {
    assert.equal((await patch(wrong)).status, 400, JSON.stringify(wrong))
  }
  await must(patch(null), 200)
  assert.equal((await callHook(workflow, {})).status, 201)
  const pull = await createPull(server, { source: 'def workflow(settings): pass' })
  assert.equal((await server.api('PATCH', `/api/workflows/${pull.id}`, { answer: plain })).status, 400)
})

test('with a key, a repeated call that does not wait gets the acknowledgement again, and there is one run', async () => {
  const workflow = await createCatch(server, { source: SLOW, idempotency: { from: 'header' } })
  const call = (value: string, key: string) =>
    callHook(workflow, { seconds: 1 }, { headers: { 'idempotency-key': key, prefer: value } })
  const [first, again] = [await call('respond-async', 'k'), await call('respond-async', 'k')]
  assert.deepEqual([first.status, again.status, again.headers.get('idempotency-replayed')], [202, 202, 'true'])
  assert.equal(again.headers.get('workflow-run'), first.headers.get('workflow-run'))
  const waited = await call('wait=60', 'k')
  assert.deepEqual([waited.status, waited.text, waited.headers.get('x-n')], [201, 'slow answer', '1'])
  const raced = await Promise.all(Array.from({ length: 8 }, () => call('respond-async', 'race')))
  assert.equal(new Set(raced.map(({ headers }) => headers.get('workflow-run'))).size, 1)
})

test('a link without a valid signature is 404, and accepts only GET and HEAD', async () => {
  const link = linkOf(await callHook(slow, {}, prefer('respond-async')))
  const forged = link.replace(/.{4}$/, 'AAAA')
  assert.equal((await follow(forged)).status, 404)
  const refused = await follow(link, 'POST')
  assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET, HEAD'])
  for (const dest of ['script', 'style', 'serviceworker', 'iframe']) {
    const { status } = await fetch(link, { headers: { 'sec-fetch-dest': dest } })
    assert.equal(status, 403, `as a part of a page: ${dest}`)
  }
  const opened = await fetch(link, { headers: { 'sec-fetch-dest': 'document' } })
  assert.equal(opened.headers.get('content-security-policy'), 'sandbox')
  const hook = await follow(slow.hook_url)
  assert.deepEqual([hook.status, hook.headers.get('allow')], [405, 'POST'])
})

test('a person may start a run, or replay one, without waiting for it', async () => {
  const post = async (path: string) =>
    await readAnswer<RunBody>(
      await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${server.apiKey}`, prefer: 'respond-async' },
      }),
    )
  const pull = await createPull(server, { source: 'import time\ndef workflow(settings):\n    time.sleep(1)\n' })
  const started = await post(`/api/workflows/${pull.id}/runs`)
  assert.deepEqual([started.status, started.body.status], [202, 'queued'])
  const replayed = await post(`/api/runs/${started.body.id}/replay`)
  assert.deepEqual([replayed.status, replayed.body.replay_of], [202, started.body.id])
  for (const answer of [started, replayed]) {
    const path = linkOf(answer)
    await until(async () => (await server.api<RunBody>('GET', path)).body.status === 'succeeded')
  }
})

test('what was acknowledged survives a killed server: the one that waited runs, the one that ran is lost', async () => {
  const doomed = await startServer()
  const workflow = await createCatch(doomed, { source: SLOW, max_concurrency: 1, timeout_seconds: 600 })
  const ran = linkOf(await callHook(workflow, { seconds: 500 }, prefer('respond-async')))
  await until(async () => (await doomed.api('GET', '/api/system')).text.includes('"running":1'))
  const waited = linkOf(await callHook(workflow, {}, prefer('respond-async')))
  await doomed.stop('SIGKILL')
  const next = await startServer({ dataDir: doomed.dataDir })
  try {
    const moved = (link: string) => `${next.url}${new URL(link).pathname}`
    assert.equal((await answerAt(moved(waited))).text, 'slow answer')
    const lost = await answerAt(moved(ran))
    assert.deepEqual([lost.status, (lost.body as Record<string, unknown>).code], [503, 'lost'])
  } finally {
    await next.close()
  }
})
