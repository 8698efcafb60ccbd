/** Errors, retries, concurrency, crashes and settings of durable runs. The ids are those of the cases. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ended, make, OK, runIdOf, settingOf, stepsOf, waiting, wake } from '../helpers/durable.ts'
import { type EngineServer, forEachEngine } from '../helpers/engines.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, logsOf, must, type RunBody, until } from '../helpers/workflows.ts'

const textsOf = async (server: TestServer, id: string) => (await logsOf(server, id)).map(({ text }) => text)
const bodyOf = ({ response }: RunBody): unknown => JSON.parse((response as { body: string }).body)

forEachEngine((start) => {
  let server: EngineServer
  before(async () => {
    server = await start()
  })
  after(() => server?.close())

  const run = async (body: string, fields: object = {}): Promise<RunBody> =>
    await ended(server, runIdOf(await callHook(await make(server, body, fields), {})))
  const begin = async (body: string, fields: object = {}) => {
    const workflow = await make(server, body, fields)
    const id = runIdOf(await callHook(workflow, {}))
    return { workflow, id }
  }

  test('ST33 threads and asyncio run steps at the same time, each once', async () => {
    const threads = `from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(20) as pool:
    x = list(pool.map(lambda n: step("s%d" % n, lambda: settings.increment("n") and n), range(20)))
sleep("s", seconds=1)
${OK}`
    const first = await begin(threads)
    assert.deepEqual(bodyOf(await ended(server, first.id)), [...Array(20).keys()])
    assert.equal(await settingOf(server, first.workflow, 'n'), 20)
    const loop = `import asyncio
async def one(n):
    await asyncio.sleep(0.01 * (n % 3))
    settings.increment("n")
    return n
async def all():
    found = await asyncio.gather(*[step("s%d" % n, one, n) for n in range(20)])
    await sleep("s", seconds=1)
    return found
x = asyncio.run(all())
${OK}`
    const second = await begin(loop)
    assert.deepEqual(bodyOf(await ended(server, second.id)), [...Array(20).keys()])
    assert.equal(await settingOf(server, second.workflow, 'n'), 20)
  })

  test('ST35 two uses of a name at the same time are an invalid_step', async () => {
    const found = await run(`import threading, time
one = threading.Thread(target=step, args=("same", time.sleep, 1))
one.start()
time.sleep(0.3)
step("same", time.sleep, 1)`)
    assert.equal(found.code, 'invalid_step')
  })

  test('ST36 a wait in one thread ends the process once the steps of the others are stored', async () => {
    const { id } = await begin(`from concurrent.futures import ThreadPoolExecutor
import time
with ThreadPoolExecutor(6) as pool:
    done = [pool.submit(step, "s%d" % n, lambda: time.sleep(0.5)) for n in range(5)]
    time.sleep(0.2)
    done.append(pool.submit(sleep, "night", days=1))
    x = [one.result() for one in done]
${OK}`)
    assert.equal((await waiting(server, id)).steps, 5)
    await wake(server, id)
    assert.equal((await ended(server, id)).status, 'succeeded')
  })

  test('ST40 an error of a step that nothing catches names the line of the function', async () => {
    const found = await run('def boom():\n    raise ValueError("no")\nstep("boom", boom)')
    assert.deepEqual([found.status, found.code], ['failed', 'exception'])
    assert.match(found.message ?? '', /StepError: the step 'boom' failed: ValueError: no/)
    assert.match(found.traceback ?? '', /ValueError: no[\s\S]*direct cause[\s\S]*line 6, in workflow/)
    assert.doesNotMatch(found.traceback ?? '', /durable\.py/)
  })

  test('ST41 ST42 a StepError is the same in the first part and later', async () => {
    const { id } = await begin(`def boom():
    raise ValueError("no")
try:
    try:
        step("boom", boom)
    except ValueError:
        print("never")
except StepError as error:
    x = [error.step, error.type, error.message, error.attempts]
print(json.dumps(x))
sleep("s", days=1)
${OK}`)
    await waiting(server, id)
    await wake(server, id)
    const last = await ended(server, id)
    assert.deepEqual(bodyOf(last), ['boom', 'ValueError', 'no', 1])
    assert.deepEqual(await textsOf(server, id), ['["boom", "ValueError", "no", 1]'])
  })

  test('ST43 a long pause between tries frees the process, and the tries are counted', async () => {
    const { id } = await begin(`def flaky():
    print("try", step.key[:4] != "")
    if len(os.listdir("/proc/self/fd")) and settings.get("go") is None:
        raise IOError("down")
    return 1
x = step("flaky", flaky, retry={"attempts": 3, "first": "10m"})
${OK}`)
    const paused = await waiting(server, id)
    const [wait] = paused.waiting_for as { kind: string; name: string }[]
    assert.deepEqual([wait?.kind, wait?.name, paused.steps], ['retry', 'flaky', 0])
    await wake(server, id)
    await until(async () => ((await waiting(server, id)).parts as number) === 2)
    await wake(server, id)
    const last = await ended(server, id)
    assert.match(last.message ?? '', /OSError: down/)
    const steps = await stepsOf(server, id)
    assert.deepEqual(
      steps.map(({ kind, status, attempts }) => [kind, status, attempts]),
      [
        ['retry', 'done', 1],
        ['retry', 'done', 2],
        ['step', 'failed', 3],
      ],
    )
    assert.deepEqual(await textsOf(server, id), ['try True', 'try True', 'try True'])
  })

  test('ST44 NoRetry ends a step without another try', async () => {
    const found = await run(`def stop():
    print("called")
    raise NoRetry("wrong account")
step("stop", stop, retry={"attempts": 5, "first": "1s"})`)
    assert.match(found.message ?? '', /NoRetry: wrong account/)
    assert.deepEqual(await textsOf(server, found.id), ['called'])
  })

  test('ST45 ST46 retries and a dead letter go on from the steps', async () => {
    const { workflow, id } = await begin(
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
    const { id } = await begin('step("a", lambda: 1)\nsleep("s", days=1)')
    await waiting(server, id)
    const { body } = await server.api<RunBody>('POST', `/api/runs/${id}/cancel`, {})
    assert.deepEqual([body.status, body.waiting_for], ['cancelled', null])
    assert.equal((await server.api('POST', `/api/runs/${id}/wake`, {})).status, 409)
    assert.equal((await server.api('POST', `/api/runs/${id}/replay`, { from: 'steps' })).status, 409)
  })

  test('ST50 the time limit counts for each part', async () => {
    const { id } = await begin(`sleep("s", seconds=2)\nx = 1\n${OK}`, { timeout_seconds: 1 })
    assert.equal((await ended(server, id)).status, 'succeeded')
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
    const { workflow, id } = await begin(body)
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

  test('ST70 an end of a sleep in the past does not wait, and others are refused', async () => {
    const date = 'from datetime import datetime, timedelta, timezone\n'
    const past = await run(`${date}sleep("s", until=datetime.now(timezone.utc) - timedelta(days=1))\nx = 1\n${OK}`)
    assert.deepEqual([past.status, past.parts], ['succeeded', 1])
    for (const given of ['until=datetime.now()', 'days=367', 'seconds=-1', 'seconds=0']) {
      const refused = await run(`${date}sleep("s", ${given})`)
      assert.match(refused.message ?? '', /^ValueError/, given)
    }
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

  for (const signal of ['SIGKILL', 'SIGTERM'] as const)
    test(`ST20 ST25 a run goes on after its server ended by ${signal}`, async () => {
      const own = await start({ WORKFLOWS_GRACE_SECONDS: '1', WORKFLOWS_LEASE_SECONDS: '5' })
      try {
        const workflow = await make(
          own,
          `import time
x = step("draw", lambda: settings.increment("n"))
print("drawn")
if settings.get("free") is None:
    time.sleep(600)
sleep("s", seconds=1)
${OK}`,
          { timeout_seconds: 600 },
        )
        const sleeper = await make(own, `x = step("n", random.random)\nsleep("s", days=9)\n${OK}`)
        const asleep = runIdOf(await callHook(sleeper, {}))
        callHook(workflow, {}).catch(() => {})
        const listed = async () =>
          (await own.api<{ data: RunBody[] }>('GET', `/api/workflows/${workflow.id}/runs`)).body.data[0]
        const id = await until(async () => {
          const found = await listed()
          return found?.steps === 1 && found.id
        })
        await must(own.api('PUT', `/api/workflows/${workflow.id}/settings/free`, { value: true }), 200)
        await own.stop(signal)
        const next = await own.again()
        try {
          const last = await ended(next, id)
          assert.deepEqual([last.status, bodyOf(last)], ['succeeded', 1], `${last.code} ${last.message}`)
          assert.ok((last.parts as number) >= 3)
          assert.equal(await settingOf(next, workflow, 'n'), 1)
          assert.equal((await waiting(next, asleep)).parts, 1)
        } finally {
          await next.stop()
        }
      } finally {
        await own.close()
      }
    })
})
