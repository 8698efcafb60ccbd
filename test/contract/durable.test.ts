/** Durable runs as the store keeps them, on both engines. Test names begin with the ids of acceptance cases. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  answerOf,
  begin,
  bodyOf,
  ended,
  make,
  OK,
  runIdOf,
  settingOf,
  stepsOf,
  textsOf,
  waiting,
  wake,
} from '../helpers/durable.ts'
import { type EngineServer, forEachEngine } from '../helpers/engines.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, must, type RunBody, until } from '../helpers/workflows.ts'

forEachEngine((start) => {
  let server: EngineServer
  before(async () => {
    server = await start({ WORKFLOWS_GRACE_SECONDS: '1', WORKFLOWS_LEASE_SECONDS: '5' })
  })
  after(() => server?.close())

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

  test('ST20 ST25 runs go on after their server was killed, and after it stopped', async () => {
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
        await current.stop(signal)
        current = await server.again()
        others.push(current)
        const last = await ended(current, id)
        assert.deepEqual([last.status, bodyOf(last)], ['succeeded', n], `${last.code} ${last.message}`)
        assert.ok((last.parts as number) >= 3)
        assert.equal(await settingOf(current, workflow, 'n'), n)
        assert.equal((await waiting(current, sleeper.id)).parts, 1)
      }
    } finally {
      for (const other of others) await other.stop()
    }
  })
})
