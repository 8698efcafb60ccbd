/** Durable runs as the store keeps them, on both engines. Test names begin with the ids of acceptance cases. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { LONG_LEASE } from '../helpers/cluster.ts'
import {
  answerOf,
  begin,
  bodyOf,
  ended,
  make,
  OK,
  runIdOf,
  settingOf,
  sourceOf,
  stepsOf,
  textsOf,
  waiting,
  wake,
} from '../helpers/durable.ts'
import { type EngineServer, forEachEngine } from '../helpers/engines.ts'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, must, type RunBody, until } from '../helpers/workflows.ts'

forEachEngine((start) => {
  let server: EngineServer
  let target: HttpTarget
  before(async () => {
    target = await startHttpTarget()
    const egress = { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` }
    server = await start({ ...egress, ...LONG_LEASE, WORKFLOWS_GRACE_SECONDS: '1' })
  })
  after(async () => {
    await server?.close()
    target.close()
  })

  test('ST01 a run with one step answers as one without', async () => {
    const workflow = await make(server, `x = step("draw", lambda a: (a, {1: "b"}), 7)\n${OK}`)
    const answer = await callHook(workflow, {})
    assert.deepEqual([answer.status, answer.text], [200, '[7, {"1": "b"}]'])
    const run = await ended(server, runIdOf(answer))
    assert.deepEqual([run.durable, run.parts, run.steps, run.waiting_for], [true, 1, 1, null])
    const steps = await stepsOf(server, run.id)
    assert.deepEqual(
      steps.map(({ kind, name, status, result }) => [kind, name, status, result]),
      [['step', 'draw', 'done', [7, { 1: 'b' }]]],
    )
  })

  test('ST02 ST03 ST11 ST12 a run sleeps without a process, and its steps are not called again', async () => {
    const workflow = await make(
      server,
      `print("begin")
x = [step("a%d" % n, lambda: settings.increment("calls") and (random.random(),)) for n in range(3)]
os.system("echo middle " + json.dumps(x).replace(" ", ""))
sleep("night", days=90)
print("end", json.dumps(x).replace(" ", ""))
x += [step("b%d" % n, lambda: settings.increment("calls")) for n in range(3)]
${OK}`,
    )
    const answer = await callHook(workflow, {})
    assert.deepEqual([answer.status, answer.body.status], [202, 'waiting'])
    const id = runIdOf(answer)
    const run = await waiting(server, id)
    const [wait] = run.waiting_for as { kind: string; name: string; until: string }[]
    assert.deepEqual([wait?.kind, wait?.name], ['sleep', 'night'])
    assert.equal((await answerOf(answer)).status, 202)
    const list = async (query: string) =>
      (await server.api<{ data: { id: string }[] }>('GET', `/api/runs?status=waiting&${query}`)).body.data
    assert.deepEqual(
      (await list('waiting_for=night')).map((one) => one.id),
      [id],
    )
    assert.deepEqual(await list('waiting_for=day'), [])
    assert.deepEqual(await list('wake_before=2026-01-01T00:00:00Z'), [])
    await wake(server, id)
    const last = await ended(server, id)
    assert.deepEqual([last.status, last.parts, last.steps, last.message], ['succeeded', 2, 6, null])
    assert.ok(Number(last.duration_ms) <= Number(last.elapsed_ms))
    const given = await answerOf(answer)
    assert.deepEqual([given.status, JSON.parse(given.text).slice(3)], [200, [4, 5, 6]])
    assert.equal(await settingOf(server, workflow, 'calls'), 6)
    const lines = (await textsOf(server, id)).map((text) => text.split(' '))
    assert.deepEqual(
      lines.map(([first]) => first),
      ['begin', 'middle', 'end'],
    )
    assert.equal(lines[1]?.[1], lines[2]?.[1])
  })

  test('ST33 threads and asyncio run steps at the same time, each once', async () => {
    const threads = `from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(6) as pool:
    x = list(pool.map(lambda n: step("s%d" % n, lambda: settings.increment("n") and n), range(6)))
sleep("s", seconds=1)
${OK}`
    const first = await begin(server, threads)
    assert.deepEqual(bodyOf(await ended(server, first.id)), [...Array(6).keys()])
    assert.equal(await settingOf(server, first.workflow, 'n'), 6)
    const loop = `import asyncio
async def one(n):
    await asyncio.sleep(0.01 * (n % 3))
    settings.increment("n")
    return n
async def all():
    found = await asyncio.gather(*[step("s%d" % n, one, n) for n in range(6)])
    await sleep("s", seconds=1)
    return found
x = asyncio.run(all())
${OK}`
    const second = await begin(server, loop)
    assert.deepEqual(bodyOf(await ended(server, second.id)), [...Array(6).keys()])
    assert.equal(await settingOf(server, second.workflow, 'n'), 6)
  })

  test('ST33 an increment counts in a step also after another one outside, while other runs count', async () => {
    const workflow = await make(
      server,
      `import time
settings.increment("n")
x = step("slow", lambda: time.sleep(0.5) or settings.increment("n"))
${OK}`,
      { max_concurrency: 4 },
    )
    const answers = await Promise.all(Array.from({ length: 4 }, () => callHook(workflow, {})))
    for (const answer of answers) assert.equal((await ended(server, runIdOf(answer))).status, 'succeeded')
    assert.equal(await settingOf(server, workflow, 'n'), 8)
  })

  test('ST45 ST46 retries and a dead letter go on from the steps', async () => {
    const { workflow, id } = await begin(
      server,
      `x = step("draw", random.random)
sleep("s", seconds=1)
print("draw", x)
if settings.get("mended") is None:
    step("fails", lambda: settings["missing"])
${OK}`,
      { retries: { count: 1, backoff_seconds: 1 } },
    )
    const first = await ended(server, id)
    assert.equal(first.status, 'failed')
    const attempts = async () =>
      (await must(server.api<{ data: RunBody[] }>('GET', `/api/workflows/${workflow.id}/runs?limit=10`), 200)).data
    const second = await until(async () => {
      const found = (await attempts()).find(({ attempt }) => attempt === 2)
      return found?.status === 'failed' && found
    })
    assert.equal((await stepsOf(server, second.id)).filter(({ status }) => status === 'failed').length, 1)
    await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/mended`, { value: true }), 200)
    const third = await must(server.api<RunBody>('POST', `/api/runs/${second.id}/replay`, { from: 'steps' }), 202)
    const last = await ended(server, third.id)
    assert.deepEqual([last.status, last.attempt], ['succeeded', 3])
    const [drawn] = await textsOf(server, id)
    assert.equal(drawn, `draw ${bodyOf(last)}`)
    const again = await server.api('POST', `/api/runs/${last.id}/replay`, { from: 'steps' })
    assert.equal(again.status, 409)
  })

  test('ST47 a failed run goes on from its steps with another version, if its calls are the same', async () => {
    const drawn = 'x = step("draw", lambda: settings.increment("n"))\n'
    const { workflow, id } = await begin(server, `${drawn}raise ValueError("a bug")`)
    assert.equal((await ended(server, id)).code, 'exception')
    const versions = `/api/workflows/${workflow.id}/versions`
    for (const body of [`step("other", lambda: print("called"))\n${drawn}${OK}`, `${drawn}${OK}`])
      await must(server.api('POST', versions, { source: sourceOf(body) }), 201)
    const goOn = async (run: string, version: number) => {
      const next = await must(server.api<RunBody>('POST', `/api/runs/${run}/replay`, { from: 'steps', version }), 202)
      return await ended(server, next.id)
    }
    const other = await goOn(id, 2)
    assert.deepEqual([other.code, other.version, await textsOf(server, other.id)], ['nondeterminism', 2, []])
    const last = await goOn(other.id, 3)
    assert.deepEqual([last.status, last.version, last.attempt, bodyOf(last)], ['succeeded', 3, 3, 1])
    const again = await server.api('POST', `/api/runs/${last.id}/replay`, { from: 'steps', version: 3 })
    assert.equal(again.status, 409)
  })

  test('ST90 a sleeping run keeps its version over deployments, a rollback, a canary and the end of a draft', async () => {
    const { workflow, id } = await begin(server, `sleep("s", days=1)\nx = "first"\n${OK}`)
    await waiting(server, id)
    const path = `/api/workflows/${workflow.id}`
    const source = sourceOf(`x = "other"\n${OK}`)
    for (let version = 2; version <= 3; version += 1)
      await must(server.api('POST', `${path}/versions`, { source }), 201)
    await must(server.api('POST', `${path}/versions/2/deploy`, {}), 200)
    await must(server.api('PATCH', path, { canary: { version: 3, percent: 99 } }), 200)
    for (const draft of [source, null]) await must(server.api('PUT', `${path}/draft`, { source: draft }), 200)
    await wake(server, id)
    const run = await ended(server, id)
    assert.deepEqual([run.status, run.version, bodyOf(run)], ['succeeded', 1, 'first'])
  })

  test('ST49 ST93 the next part has the limits, the egress and the variables of its time', async () => {
    const workflow = await make(
      server,
      `sleep("s", days=1)
import time, urllib.request
if _request["way"] == "memory":
    x = len(b"x" * (400 * 1024 * 1024))
if _request["way"] == "time":
    time.sleep(600)
try:
    x = urllib.request.urlopen("http://127.0.0.1:${target.port}/free").status
except Exception as error:
    x = type(error).__name__
x = [x, os.environ.get("PLACE")]
${OK}`,
      { timeout_seconds: 600, memory_mib: 1024, variables: { PLACE: 'Paris' } },
    )
    const call = async (way: string) => runIdOf(await callHook(workflow, { way }))
    const [before, egress, memory, time] = [await call(''), await call(''), await call('memory'), await call('time')]
    const goOn = async (id: string) => {
      await waiting(server, id)
      await wake(server, id)
      return await ended(server, id)
    }
    assert.deepEqual(bodyOf(await goOn(before)), [200, 'Paris'])
    const change = (fields: object) => must(server.api('PATCH', `/api/workflows/${workflow.id}`, fields), 200)
    await change({ memory_mib: 128, egress: { mode: 'none' }, variables: { PLACE: 'Lyon' } })
    assert.deepEqual(bodyOf(await goOn(egress)), ['URLError', 'Lyon'])
    assert.equal((await goOn(memory)).code, 'out_of_memory')
    await change({ timeout_seconds: 1 })
    assert.equal((await goOn(time)).status, 'timed_out')
  })

  test('ST98 sleeping runs take no slot, and they run one at a time when they wake together', async () => {
    const body = `import time
if _request["sleeps"]:
    sleep("s", days=1)
n = settings.get("n", 0)
time.sleep(0.02)
settings["n"] = n + 1`
    const workflow = await make(server, body, { max_concurrency: 1 })
    const ids: string[] = []
    for (let n = 0; n < 10; n += 1) ids.push(runIdOf(await callHook(workflow, { sleeps: true })))
    for (const id of ids) await waiting(server, id)
    assert.equal((await callHook(workflow, { sleeps: false })).status, 200)
    await Promise.all(ids.map((id) => wake(server, id)))
    for (const id of ids) assert.deepEqual((await ended(server, id)).warnings, [])
    assert.equal(await settingOf(server, workflow, 'n'), 11)
  })

  test('ST48 a waiting run is cancelled, and its steps can no longer be continued', async () => {
    const { id } = await begin(server, 'step("a", lambda: 1)\nsleep("s", days=1)')
    await waiting(server, id)
    const { body } = await server.api<RunBody>('POST', `/api/runs/${id}/cancel`, {})
    assert.deepEqual([body.status, body.waiting_for], ['cancelled', null])
    assert.equal((await server.api('POST', `/api/runs/${id}/wake`, {})).status, 409)
    assert.equal((await server.api('POST', `/api/runs/${id}/replay`, { from: 'steps' })).status, 409)
  })

  test('ST51 ST52 ST53 settings of a step are kept, those of a step that fails are not, others at the end', async () => {
    const body = `settings["outside"] = 1
def fails():
    settings["failed"] = 1
    raise ValueError()
try:
    step("fails", fails)
except StepError:
    pass
step("kept", lambda: settings.update({"kept": {"a": 1}}))
sleep("s", days=1)
if settings.get("crash"):
    raise ValueError("later")
x = 1
${OK}`
    const { workflow, id } = await begin(server, body)
    await waiting(server, id)
    const read = async () =>
      await Promise.all(['outside', 'failed', 'kept'].map((key) => settingOf(server, workflow, key)))
    assert.deepEqual(await read(), [undefined, undefined, { a: 1 }])
    await wake(server, id)
    const last = await ended(server, id)
    assert.deepEqual([last.status, last.warnings], ['succeeded', []])
    assert.deepEqual(await read(), [1, undefined, { a: 1 }])
  })

  test('ST54 ST55 a part sees the settings as they are, and neither secret is shown', async () => {
    const body = `x = step("use", lambda: [settings["token"], settings.update({"n": 1})])
print(settings["token"])
sleep("s", days=1)
print(settings["token"], settings["n"])
step("again", lambda: settings["token"])
${OK}`
    const workflow = await make(server, body)
    const put = (key: string, value: unknown, secret = false) =>
      must(server.api('PUT', `/api/workflows/${workflow.id}/settings/${key}`, { value, secret }), 200)
    await put('token', 'old-secret-token', true)
    const id = runIdOf(await callHook(workflow, {}))
    await waiting(server, id)
    await put('token', 'new-secret-token', true)
    await put('n', 7)
    await wake(server, id)
    const last = await ended(server, id)
    assert.deepEqual([last.status, last.warnings], ['succeeded', []])
    assert.deepEqual(await textsOf(server, id), ['***', '*** 7'])
    const steps = await stepsOf(server, id)
    assert.deepEqual(
      steps.filter(({ kind }) => kind === 'step').map(({ result }) => result),
      [['***', null], '***'],
    )
    assert.equal(await settingOf(server, workflow, 'n'), 7)
  })

  test('ST56 without keep_settings the changes of steps live with the run', async () => {
    const workflow = await make(server, `step("n", lambda: settings.increment("n"))\nx = settings["n"]\n${OK}`)
    const tried = await must(
      server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, { keep_settings: false }),
      200,
    )
    assert.equal(bodyOf(tried), 1)
    assert.equal(await settingOf(server, workflow, 'n'), undefined)
  })

  test('ST94 ST95 a caller gets 202 at the first wait, and so does a repeated key', async () => {
    const workflow = await make(server, `sleep("s", days=1)\nx = 1\n${OK}`, {
      idempotency: { from: 'header', name: 'Idempotency-Key' },
    })
    const call = () => callHook(workflow, {}, { headers: { 'idempotency-key': 'k1' } })
    const first = await call()
    const again = await call()
    assert.deepEqual([first.status, again.status], [202, 202])
    assert.equal(runIdOf(again), runIdOf(first))
    await wake(server, runIdOf(first))
    await ended(server, runIdOf(first))
    assert.deepEqual([(await call()).status, (await call()).text], [200, '1'])
  })

  test('ST20 ST25 ST69 runs go on after their server was killed, and after it stopped', async () => {
    const workflow = await make(
      server,
      `import time
x = step("draw", lambda: settings.increment("n"))
if settings.get("free") != x:
    time.sleep(600)
sleep("s", seconds=1)
${OK}`,
      { timeout_seconds: 600 },
    )
    const sleeper = await begin(server, `x = step("n", random.random)\nsleep("s", days=9)\n${OK}`)
    let current: TestServer = server
    const others: TestServer[] = []
    try {
      for (const [n, signal] of [
        [1, 'SIGKILL'],
        [2, 'SIGTERM'],
      ] as const) {
        const hook_url = String(workflow.hook_url).replace(server.url, current.url)
        callHook({ ...workflow, hook_url }, {}).catch(() => {})
        const path = `/api/workflows/${workflow.id}/runs?status=running`
        const id = await until(async () => {
          const [found] = (await current.api<{ data: RunBody[] }>('GET', path)).body.data
          return found?.steps === 1 && found.id
        })
        await must(current.api('PUT', `/api/workflows/${workflow.id}/settings/free`, { value: n }), 200)
        const due = await begin(current, 'sleep("due", seconds=1)')
        await current.stop(signal)
        const stoppedAt = Date.now()
        // The sleep is due while no server runs.
        await until(async () => Date.now() > stoppedAt + 1000)
        current = await server.again()
        others.push(current)
        const last = await ended(current, id)
        assert.deepEqual([last.status, bodyOf(last)], ['succeeded', n], `${last.code} ${last.message}`)
        assert.ok((last.parts as number) >= 3)
        assert.equal(await settingOf(current, workflow, 'n'), n)
        assert.equal((await waiting(current, sleeper.id)).parts, 1)
        assert.equal((await ended(current, due.id)).status, 'succeeded')
      }
    } finally {
      for (const other of others) await other.stop()
    }
  })
})
