/** Contract, section 15: runs of one lane run one at a time, in the order in which their calls were accepted. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { LONG_LEASE, startCluster } from '../helpers/cluster.ts'
import { runIdOf, settingOf, sourceOf, waiting, wake } from '../helpers/durable.ts'
import { type EngineServer, forEachEngine } from '../helpers/engines.ts'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, logsOf, must, type RunBody, until, type WorkflowBody } from '../helpers/workflows.ts'

/** Notes the number of each call when it starts and when it ends. */
const NOTES = `
import time
def workflow(_request, settings):
    print(time.time())
    time.sleep(_request.get("seconds", 0.05))
    print(time.time())
    if _request.get("fail_once") and not settings.get("failed"):
        raise ValueError("no")
    return {"status_code": 200, "body": "%s" % _request["n"]}
`
const LANE = { from: 'body', path: 'candidate.id' }
const ASYNC = { headers: { prefer: 'respond-async' } }
const ENDED = ['succeeded', 'failed', 'timed_out', 'cancelled', 'lost']

const numberOf = async (server: TestServer, id: string) => {
  const run = await must(server.api<RunBody>('GET', `/api/runs/${id}`), 200)
  return Number(JSON.parse((run['request'] as { body: string }).body).n)
}

/** The runs of a workflow in the order of their starts, once all have ended. */
const endedRuns = async (server: TestServer, workflow: WorkflowBody, count: number) =>
  await until(async () => {
    const path = `/api/workflows/${workflow.id}/runs?limit=200`
    const { data } = await must(server.api<{ data: RunBody[] }>('GET', path), 200)
    const isOver = data.length >= count && data.every(({ status }) => ENDED.includes(status))
    return isOver && [...data].sort((one, other) => (String(one['started_at']) < String(other['started_at']) ? -1 : 1))
  })

/** By the times that the function noted itself: the store's are those of the claim and of the commit. */
const assertNoOverlap = async (server: TestServer, runs: readonly RunBody[]) => {
  let last = 0
  for (const { id } of runs) {
    const [start, end] = (await logsOf(server, id)).map(({ text }) => Number(text))
    if (start === undefined) continue
    assert.ok(start >= last, `${id} started before another run of its lane had ended`)
    last = end ?? start
  }
}

forEachEngine((start) => {
  let server: EngineServer
  let target: HttpTarget
  before(async () => {
    target = await startHttpTarget()
    server = await start({ WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` })
  })
  after(async () => {
    await server.close()
    target.close()
  })

  test('ST96 a run leaves its lane while it sleeps, and is the next one when it wakes', async () => {
    const source = sourceOf(`import urllib.request
if _request["n"] == 1:
    sleep("nap", days=1)
if _request["n"] == 2:
    urllib.request.urlopen("http://127.0.0.1:${target.port}/held").read()
settings["order"] = settings.get("order", []) + [_request["n"]]`)
    const workflow = await createCatch(server, { source, lane: LANE, timeout_seconds: 600 })
    const call = async (n: number) => runIdOf(await callHook(workflow, { n, candidate: { id: 1 } }, ASYNC))
    const sleeper = await call(1)
    await waiting(server, sleeper)
    await call(2)
    await until(async () => target.asked.length > 0)
    await call(3)
    await call(4)
    await wake(server, sleeper)
    target.release()
    await endedRuns(server, workflow, 4)
    assert.deepEqual(await settingOf(server, workflow, 'order'), [2, 1, 3, 4])
  })

  test('calls of one lane run one at a time in order, and other lanes do not wait', async () => {
    const workflow = await createCatch(server, { source: NOTES, lane: LANE })
    for (let n = 0; n < 12; n += 1) await callHook(workflow, { n, candidate: { id: n % 2 } }, ASYNC)
    const runs = await endedRuns(server, workflow, 12)
    for (const lane of [0, 1]) {
      const own: RunBody[] = []
      const numbers: number[] = []
      for (const run of runs) {
        const n = await numberOf(server, run.id)
        if (n % 2 !== lane) continue
        own.push(run)
        numbers.push(n)
      }
      await assertNoOverlap(server, own)
      assert.deepEqual(
        numbers,
        [...numbers].sort((one, other) => one - other),
      )
    }
  })

  test('callers who wait get their answers in the order of the lane', async () => {
    const workflow = await createCatch(server, { source: NOTES, lane: { from: 'header', name: 'X-Candidate' } })
    const headers = { 'x-candidate': 'jane' }
    const slow = callHook(workflow, { n: 1, seconds: 0.5 }, { headers })
    await until(
      async () =>
        (await must(server.api<{ data: unknown[] }>('GET', `/api/workflows/${workflow.id}/runs`), 200)).data.length ===
        1,
    )
    const answers = await Promise.all([slow, callHook(workflow, { n: 2 }, { headers }), callHook(workflow, { n: 3 })])
    assert.deepEqual(
      answers.map(({ text }) => text),
      ['1', '2', '3'],
    )
    const runs = await endedRuns(server, workflow, 3)
    const own: RunBody[] = []
    for (const run of runs) if ((await numberOf(server, run.id)) !== 3) own.push(run)
    await assertNoOverlap(server, own)
  })

  test('a caller whose lane is not free in time gets 429, and its run never starts', async (t) => {
    const impatient = await start({ WORKFLOWS_QUEUE_SECONDS: '2' })
    t.after(() => impatient.close())
    const workflow = await createCatch(impatient, { source: NOTES, lane: LANE, timeout_seconds: 600 })
    const candidate = { id: 'x' }
    await callHook(workflow, { n: 1, seconds: 500, candidate }, ASYNC)
    await until(async () => {
      const path = `/api/workflows/${workflow.id}/runs`
      const { data } = await must(impatient.api<{ data: RunBody[] }>('GET', path), 200)
      return data[0]?.status === 'running'
    })
    const refused = await callHook(workflow, { n: 2, candidate })
    assert.equal(refused.status, 429)
    assert.ok(refused.headers.has('retry-after'))
    const { data } = await must(impatient.api<{ data: RunBody[] }>('GET', `/api/workflows/${workflow.id}/runs`), 200)
    assert.deepEqual(
      data.map(({ status }) => status),
      ['cancelled', 'running'],
    )
    for (const { id, status } of data)
      if (status === 'running') await must(impatient.api('POST', `/api/runs/${id}/cancel`, {}), 200)
  })

  test('a retry keeps its place, and its lane waits for it', async () => {
    const workflow = await createCatch(server, {
      source: NOTES,
      lane: LANE,
      retries: { count: 1, backoff_seconds: 1 },
    })
    const candidate = { id: 7 }
    await callHook(workflow, { n: 1, fail_once: true, candidate }, ASYNC)
    await callHook(workflow, { n: 2, candidate }, ASYNC)
    await callHook(workflow, { n: 3, candidate: { id: 8 } }, ASYNC)
    const runs = await endedRuns(server, workflow, 4)
    const own: number[] = []
    const ordered: RunBody[] = []
    for (const run of runs) {
      const n = await numberOf(server, run.id)
      if (n === 3) continue
      own.push(n)
      ordered.push(run)
    }
    assert.deepEqual(own, [1, 1, 2])
    await assertNoOverlap(server, ordered)
  })

  test('a call without a value, or with null, has no lane', async () => {
    const workflow = await createCatch(server, { source: NOTES, lane: LANE })
    const answers = await Promise.all([
      callHook(workflow, { n: 1, candidate: null }),
      callHook(workflow, { n: 2, candidate: { id: null } }),
      callHook(workflow, { n: 3 }),
    ])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200],
    )
  })

  test('a place that no call can have a value in is refused', async () => {
    for (const lane of [
      { from: 'header' },
      { from: 'body' },
      { from: 'body', path: 'a..b' },
      { from: 'cookie', name: 'a' },
    ]) {
      const { status } = await server.api('POST', '/api/workflows', { name: 'lane', kind: 'catch', lane })
      assert.equal(status, 400, JSON.stringify(lane))
    }
  })
})

test('two servers on one database keep the order, and one that is killed loses no call', async (t) => {
  const cluster = await startCluster(2, LONG_LEASE)
  t.after(() => cluster.close())
  const [one, two] = cluster.servers
  assert.ok(one !== undefined && two !== undefined)
  const workflow = await createCatch(one, { source: NOTES, lane: LANE, retries: { count: 3, backoff_seconds: 1 } })
  const other = { ...workflow, hook_url: workflow.hook_url.replace(one.url, two.url) }
  for (let n = 0; n < 16; n += 1) {
    await callHook(n % 2 === 0 ? workflow : other, { n, seconds: 0.2, candidate: { id: 1 } }, ASYNC)
  }
  await two.stop('SIGKILL')
  const runs = await endedRuns(one, workflow, 16)
  const succeeded: number[] = []
  for (const run of runs) if (run.status === 'succeeded') succeeded.push(await numberOf(one, run.id))
  assert.deepEqual(
    succeeded,
    Array.from({ length: 16 }, (_, n) => n),
  )
  await assertNoOverlap(one, runs)
})
