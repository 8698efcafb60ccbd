/** Any number of equal servers on one PostgreSQL database, seen from outside. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Cluster, startCluster } from '../helpers/cluster.ts'
import type { TestServer } from '../helpers/server.ts'
import {
  callHook,
  createCatch,
  createPull,
  must,
  type RunBody,
  until,
  type WorkflowBody,
} from '../helpers/workflows.ts'

let cluster: Cluster
let one: TestServer
let two: TestServer
let three: TestServer
before(async () => {
  // With the lease of an installation: none of them is killed, and the longest log can hold up a renewal for some seconds.
  // A busy machine runs thirty calls one after the other more slowly than a call waits by default.
  cluster = await startCluster(3, { WORKFLOWS_QUEUE_SECONDS: '600' })
  const [first, second, third] = cluster.servers
  assert.ok(first && second && third)
  ;[one, two, three] = [first, second, third]
})
after(() => cluster.close())

type Page<T> = { readonly data: readonly T[] }
type Tick = { due_at: string; outcome: string; run_id: string | null }

/** The same hook on another server: what a load balancer does. */
function on(server: TestServer, workflow: WorkflowBody): WorkflowBody {
  return { ...workflow, hook_url: new URL(new URL(workflow.hook_url).pathname, server.url).href }
}

async function runsOf(server: TestServer, { id }: WorkflowBody, query = ''): Promise<readonly RunBody[]> {
  return (await must(server.api<Page<RunBody>>('GET', `/api/workflows/${id}/runs?limit=200${query}`), 200)).data
}

const running = (server: TestServer, workflow: WorkflowBody) =>
  until(async () => (await runsOf(server, workflow, '&status=running'))[0])
/** A short run may have ended when it is seen. */
const started = (server: TestServer, workflow: WorkflowBody) =>
  until(async () => (await runsOf(server, workflow)).find(({ status }) => status !== 'queued'))

const COUNTER =
  'import time\ndef workflow(_request, settings):\n    n = settings.get("n", 0)\n    time.sleep(0.02)\n    settings["n"] = n + 1\n'
const SLOW =
  'import time\ndef workflow(_request, settings):\n    for i in range(100):\n        print("line", i, flush=True)\n        time.sleep(0.2)\n'

test('settings and deployments made on one server hold on all others at once', async () => {
  const answer = (text: string) =>
    `def workflow(_request, settings):\n    return {"status_code": 200, "body": "${text} " + settings["k"]}\n`
  const workflow = await createCatch(one, { source: answer('v0'), settings: { k: 'k0' } })
  for (let round = 1; round <= 5; round += 1) {
    const [here, there] = round % 2 === 0 ? [one, two] : [two, three]
    await must(here.api('POST', `/api/workflows/${workflow.id}/versions`, { source: answer(`v${round}`) }), 201)
    await must(here.api('PUT', `/api/workflows/${workflow.id}/settings/k`, { value: `k${round}` }), 200)
    assert.equal((await callHook(on(there, workflow), {})).text, `v${round} k${round}`)
  }
  await must(one.api('PATCH', `/api/workflows/${workflow.id}`, { enabled: false }), 200)
  assert.equal((await callHook(on(three, workflow), {})).status, 503)
})

test('the link that makes the owner is the same on each server', async () => {
  const links = await Promise.all(
    [one, two, three].map((server) => until(async () => /\/setup(#token=[\w-]{32})/.exec(server.output())?.[1])),
  )
  assert.deepEqual(new Set(links).size, 1)
})

test('hooks on any server: a workflow that runs one at a time counts right', async () => {
  const workflow = await createCatch(one, { source: COUNTER, max_concurrency: 1 })
  const calls = Array.from({ length: 30 }, (_, index) =>
    callHook(on([one, two, three][index % 3] ?? one, workflow), {}),
  )
  const answers = await Promise.all(calls)
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  const { data } = await must(two.api<Page<{ value: unknown }>>('GET', `/api/workflows/${workflow.id}/settings`), 200)
  assert.equal(data[0]?.value, 30)
})

test('D09 calls with one idempotency key race on three servers, and one runs', async () => {
  const idempotency = { from: 'header', name: 'Idempotency-Key' }
  const workflow = await createCatch(one, { source: COUNTER, idempotency })
  const call = (server: TestServer) =>
    callHook(on(server, workflow), {}, { headers: { 'idempotency-key': 'one of three' } })
  const answers = await Promise.all([one, two, three, one, two, three, one, two, three].map(call))
  const statuses = answers.map(({ status }) => status)
  assert.ok(statuses.includes(200) && statuses.every((status) => status === 200 || status === 409), statuses.join())
  assert.equal((await runsOf(two, workflow)).length, 1)
  const again = await call(three)
  assert.deepEqual([again.status, again.headers.get('idempotency-replayed')], [200, 'true'])
})

test('a call that does not wait on one server is answered by its link on any', async () => {
  const workflow = await createCatch(one, { source: COUNTER })
  const accepted = await callHook(on(two, workflow), {}, { headers: { prefer: 'respond-async' } })
  const path = new URL(accepted.headers.get('location') ?? '').pathname
  for (const server of [one, two, three]) {
    const answer = await until(async () => {
      const got = await fetch(new URL(path, server.url))
      const text = await got.text()
      return got.status !== 202 && text
    })
    assert.match(answer, /"status":"succeeded"/)
  }
})

test('Q02 three servers fire each tick once', async () => {
  const source = 'def workflow(settings):\n    settings["n"] = settings.get("n", 0) + 1\n'
  const schedule = { every_seconds: 1, overlap: 'queue' }
  const pulls = await Promise.all(
    Array.from({ length: 6 }, (_, index) => createPull([one, two, three][index % 3] ?? one, { source, schedule })),
  )
  const ticksOf = async ({ id }: WorkflowBody) =>
    (await must(two.api<Page<Tick>>('GET', `/api/workflows/${id}/ticks?limit=200`), 200)).data
  for (const pull of pulls)
    await until(async () => (await ticksOf(pull)).filter(({ outcome }) => outcome === 'ran').length >= 3)
  for (const { id } of pulls) await must(one.api('PATCH', `/api/workflows/${id}`, { enabled: false }), 200)
  for (const pull of pulls) {
    await until(async () => (await runsOf(one, pull)).every(({ status }) => status === 'succeeded'))
    const data = await ticksOf(pull)
    const ran = data.filter(({ outcome }) => outcome === 'ran').map(({ run_id }) => run_id)
    assert.equal(new Set(data.map(({ due_at }) => due_at)).size, data.length)
    assert.deepEqual(new Set((await runsOf(three, pull)).map(({ id }) => id)), new Set(ran))
    const settings = await must(two.api<Page<{ value: unknown }>>('GET', `/api/workflows/${pull.id}/settings`), 200)
    assert.equal(settings.data[0]?.value, ran.length)
  }
})

test('a person on one server follows and ends a run that is under way on another', async () => {
  const workflow = await createCatch(one, { source: SLOW })
  const call = callHook(on(one, workflow), {})
  const run = await running(two, workflow)
  const logs = await fetch(new URL(`/api/runs/${run.id}/logs`, two.url), {
    headers: { authorization: `Bearer ${two.apiKey}`, accept: 'text/event-stream' },
  })
  let text = ''
  const reader = (logs.body ?? assert.fail('no body')).pipeThrough(new TextDecoderStream()).getReader()
  const readUntil = async (found: () => boolean): Promise<void> => {
    while (!found()) {
      const { done, value } = await reader.read()
      if (done) return
      text += value
    }
  }
  await readUntil(() => text.includes('line 3"'))
  assert.equal((await runsOf(three, workflow))[0]?.status, 'running', 'the lines came while it ran')
  const cancelled = await must(three.api<RunBody>('POST', `/api/runs/${run.id}/cancel`), 200)
  assert.deepEqual([cancelled.status, cancelled.code], ['cancelled', 'cancelled'])
  await readUntil(() => false)
  assert.match(text, /event: end\n/)
  for (const index of [0, 1, 2, 3]) assert.equal(text.split(`line ${index}"`).length, 2, text)
  const answer = await call
  assert.deepEqual([answer.status, answer.body.code], [503, 'cancelled'])
  assert.equal((await two.api('POST', `/api/runs/${run.id}/cancel`)).status, 409)
})

test('L01 the longest possible log, watched from each server, harms no server and is shown whole', async () => {
  const source =
    'import sys, time\ndef workflow(_request, settings):\n    sys.stdout.write("\\n" * 200000)\n    sys.stdout.flush()\n    time.sleep(4)\n'
  const workflow = await createCatch(one, { source })
  const call = callHook(on(one, workflow), {})
  const run = await started(two, workflow)
  const headers = { authorization: `Bearer ${two.apiKey}`, accept: 'text/event-stream' }
  const looks = [one, two].map(({ url }) => fetch(new URL(`/api/runs/${run.id}/logs`, url), { headers }))
  const answer = await call
  assert.equal(answer.status, 200, answer.text)
  for (const look of looks) {
    const lines = (await (await look).text()).split('event: line\n').slice(1)
    // A line counts at least 48 bytes of the log's 1 MiB; whether the line at the limit still fits depends on how it came.
    assert.ok(Math.abs(lines.length - 2 ** 20 / 48) < 2, `${lines.length} lines`)
    assert.match(lines.at(-1) ?? '', /The log was cut after 1048576 bytes.*event: end\n/s)
  }
})

/** Events of a server as they come; `next` waits for the first one, from where the last ended, that has all the texts. */
async function follow(server: TestServer) {
  const controller = new AbortController()
  const { body } = await fetch(new URL('/api/events', server.url), {
    headers: { authorization: `Bearer ${server.apiKey}` },
    signal: AbortSignal.any([controller.signal, AbortSignal.timeout(180_000)]),
  })
  const reader = (body ?? assert.fail('no body')).pipeThrough(new TextDecoderStream()).getReader()
  const came: string[] = []
  let text = ''
  return {
    came,
    async next(...texts: readonly string[]): Promise<string> {
      for (;;) {
        const end = text.indexOf('\n\n')
        const event = text.slice(0, Math.max(end, 0))
        text = text.slice(end < 0 ? 0 : end + 2)
        if (end >= 0) came.push(event)
        if (end >= 0 && texts.every((one) => event.includes(one))) return event
        if (end >= 0) continue
        const { done, value } = await reader.read()
        if (done) assert.fail(`the stream of events ended without ${texts.join()}`)
        text += value
      }
    },
    stop: () => controller.abort(),
  }
}

test('changes of runs on one server are events on another', async () => {
  const events = await follow(two)
  const workflow = await createCatch(one, { source: 'def workflow(_request, settings):\n    pass\n' })
  const answer = await callHook(on(one, workflow), {})
  await events.next(`"run_id":"${answer.headers.get('workflow-run')}"`, 'succeeded')
  events.stop()
})

test('a change made on one server is one event on each', async () => {
  const workflow = await createCatch(one, { source: 'def workflow(_request, settings):\n    pass\n' })
  const followers = await Promise.all([one, two, three].map(follow))
  const change = (action: string) => ['event: change\n', `{"workflow_id":"${workflow.id}","action":"${action}"}`]
  await must(one.api('PUT', `/api/workflows/${workflow.id}/settings/k`, { value: 1 }), 200)
  for (const events of followers) await events.next(...change('setting.set'))
  await must(two.api('PATCH', `/api/workflows/${workflow.id}`, { enabled: false }), 200)
  for (const events of followers) {
    await events.next(...change('workflow.update'))
    for (const action of ['setting.set', 'workflow.update']) {
      const told = events.came.filter((event) => change(action).every((part) => event.includes(part)))
      assert.equal(told.length, 1, action)
    }
    events.stop()
  }
})

test("D02 Q14 the runs of a server that is killed are taken over: a hook's is lost, a schedule's is started anew", async () => {
  const alone = await startCluster(1, { WORKFLOWS_LEASE_SECONDS: '6' })
  try {
    const [doomed] = alone.servers
    assert.ok(doomed)
    const source =
      'import time\ndef workflow(settings):\n    settings["n"] = settings.get("n", 0) + 1\n    time.sleep(settings["seconds"])\n'
    const pulls = await Promise.all(
      [1, 2, 3].map(() =>
        createPull(doomed, { source, settings: { seconds: 250 }, schedule: { every_seconds: 3600 } }),
      ),
    )
    // The other server would take them.
    for (const pull of pulls) await running(doomed, pull)
    const other = await alone.start()
    // A busy machine starts a server more slowly than this hook runs.
    const hook = await createCatch(doomed, { source: SLOW })
    const call = callHook(hook, {}).catch(() => null)
    await running(doomed, hook)
    // Runs have their copy; those that are started anew need not sleep.
    for (const { id } of pulls) await must(other.api('PUT', `/api/workflows/${id}/settings/seconds`, { value: 0 }), 200)
    await doomed.stop('SIGKILL')
    await call
    const lost = await until(async () => (await runsOf(other, hook)).find(({ status }) => status === 'lost'))
    assert.equal(lost.code, 'lost')
    for (const pull of pulls) {
      const succeeded = await until(async () =>
        (await runsOf(other, pull)).find(({ status }) => status === 'succeeded'),
      )
      assert.deepEqual(
        (await runsOf(other, pull)).map(({ status }) => status),
        ['succeeded', 'lost'],
      )
      const { data } = await must(other.api<Page<Tick>>('GET', `/api/workflows/${pull.id}/ticks`), 200)
      assert.deepEqual(
        data.map(({ run_id }) => run_id),
        [succeeded.id],
      )
      const settings = await must(
        other.api<Page<{ key: string; value: unknown }>>('GET', `/api/workflows/${pull.id}/settings`),
        200,
      )
      assert.equal(settings.data.find(({ key }) => key === 'n')?.value, 1)
    }
  } finally {
    await alone.close()
  }
})
