/** Contract, section 4: slots, the queue before them, and the end of the server. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { heldBy, startHttpTarget } from '../helpers/http-target.ts'
import { startServer } from '../helpers/server.ts'
import { callHook, createCatch, runOf, until } from '../helpers/workflows.ts'

const QUICK = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": "quick"}\n'

/** Each holds the runs of one test. */
const [flooded, raised, stopping] = await Promise.all([startHttpTarget(), startHttpTarget(), startHttpTarget()])
/** The last of its tests stops it. */
const server = await startServer({
  env: {
    WORKFLOWS_QUEUE_SECONDS: '20',
    WORKFLOWS_GRACE_SECONDS: '600',
    WORKFLOWS_EGRESS_ALLOW: [flooded, raised, stopping].map(({ port }) => `127.0.0.1:${port}`).join(),
  },
})
after(async () => {
  for (const target of [flooded, raised, stopping]) target.release()
  await server.close()
  for (const target of [flooded, raised, stopping]) target.close()
})

test('a hook flooded by 64 callers does not hold up another, and answers 429 at the deadline', async () => {
  const slow = await createCatch(server, { source: heldBy(flooded), max_concurrency: 4, timeout_seconds: 120 })
  const quick = await createCatch(server, { source: QUICK })
  let ended = 0
  const flood = Array.from({ length: 64 }, () => callHook(slow, {}).finally(() => (ended += 1)))
  await until(async () => (await server.api('GET', '/api/system')).text.includes('"waiting":60'))
  for (let call = 0; call < 3; call += 1) assert.equal((await callHook(quick, {})).text, 'quick')
  assert.equal(ended, 0, 'the quick hook answered while the flood was still held up')
  await until(async () => ended === 60)
  flooded.release()
  const answers = await Promise.all(flood)
  assert.deepEqual(
    [200, 429].map((status) => answers.filter((answer) => answer.status === status).length),
    [4, 60],
  )
  const refused = answers.find(({ status }) => status === 429)
  assert.equal(refused?.body.code, 'busy')
  assert.ok(Number(refused?.headers.get('retry-after')) > 0)
  const runs = await server.api<{ data: unknown[] }>('GET', `/api/workflows/${slow.id}/runs?limit=200`)
  assert.equal(runs.body.data.length, 4, 'a refused call leaves no run')
})

test('a higher max_concurrency starts queued runs although no run has ended', async () => {
  const slow = await createCatch(server, { source: heldBy(raised), max_concurrency: 1, timeout_seconds: 120 })
  for (let call = 0; call < 3; call += 1)
    assert.equal((await callHook(slow, {}, { headers: { prefer: 'respond-async' } })).status, 202)
  await until(async () => raised.asked.length === 1)
  assert.equal((await server.api('PATCH', `/api/workflows/${slow.id}`, { max_concurrency: 2 })).status, 200)
  await until(async () => raised.asked.length === 2)
  assert.equal((await server.api('PATCH', `/api/workflows/${slow.id}`, { max_concurrency: 3 })).status, 200)
  await until(async () => raised.asked.length === 3)
  raised.release()
})

test('a server keeps as many sandboxes at once as its operator says: runs beyond that wait', async () => {
  const own = await startServer({ env: { WORKFLOWS_SANDBOXES_AT_ONCE: '2' } })
  try {
    const source = [
      'import time',
      'def workflow(_request, settings):',
      '    begin = time.time()',
      '    time.sleep(0.5)',
      '    return {"status_code": 200, "body": {"begin": begin, "end": time.time()}}',
    ].join('\n')
    const workflow = await createCatch(own, { source })
    const answers = await Promise.all(Array.from({ length: 6 }, () => callHook(workflow, {})))
    const times = answers
      .map(({ body }) => ({ begin: Number(body.begin), end: Number(body.end) }))
      .sort((one, other) => one.begin - other.begin)
    for (const { begin } of times) {
      const underWay = times.filter((other) => other.begin <= begin && begin < other.end)
      assert.ok(underWay.length <= 2, `${underWay.length} at once`)
    }
    assert.match(await (await fetch(`${own.url}/metrics`)).text(), /^workflows_workers_limit 2$/m)
  } finally {
    await own.close()
  }
})

test('a server that stops refuses new calls with 503 and lets runs under way finish', async () => {
  const slow = await createCatch(server, { source: heldBy(stopping), timeout_seconds: 600 })
  const quick = await createCatch(server, { source: QUICK })
  const call = callHook(slow, {})
  await until(async () => stopping.asked.length > 0)
  const stopped = server.stop('SIGTERM')
  // The listener closes immediately, but kept connections are served.
  const late = await until(
    async () =>
      await callHook(quick, {}).then(
        ({ status }) => (status === 503 ? 'refused' : null),
        () => 'closed',
      ),
  )
  assert.ok(['refused', 'closed'].includes(late))
  stopping.release()
  assert.equal((await call).status, 200)
  assert.equal(await stopped, 0)
})

test('D02 when a server was killed, a run that it answered is stored, one under way is lost, and a person may replay it', async (t) => {
  const target = await startHttpTarget()
  t.after(() => target.close())
  const env = { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` }
  const doomed = await startServer({ env })
  const source = `import urllib.request
def workflow(_request, settings):
    settings["n"] = 1
    urllib.request.urlopen("http://127.0.0.1:${target.port}/held").read()
    return {"status_code": 200, "body": _request["cv"]}
`
  const slow = await createCatch(doomed, { source, timeout_seconds: 600 })
  const quick = await createCatch(doomed, { source: QUICK })
  const call = callHook(slow, { cv: 'Ada' }).catch(() => null)
  await until(async () => target.asked.length > 0)
  const named = await callHook(quick, {})
  await doomed.stop('SIGKILL')
  await call
  target.release()
  const again = await startServer({ dataDir: doomed.dataDir, env })
  try {
    assert.equal((await runOf(again, named)).status, 'succeeded')
    type Runs = { data: { id: string; status: string; code: string }[] }
    const { body } = await again.api<Runs>('GET', `/api/workflows/${slow.id}/runs`)
    assert.deepEqual(
      body.data.map(({ status, code }) => [status, code]),
      [['lost', 'lost']],
    )
    const settings = await again.api<{ data: unknown[] }>('GET', `/api/workflows/${slow.id}/settings`)
    assert.deepEqual(settings.body.data, [])
    const replayed = await again.api('POST', `/api/runs/${body.data[0]?.id}/replay`)
    assert.deepEqual([replayed.status, replayed.body.status, replayed.body.trigger], [200, 'succeeded', 'replay'])
    assert.equal(JSON.parse(replayed.text).response.body, 'Ada')
  } finally {
    await again.close()
  }
})
