/** Durable runs of Python functions. Test names begin with the ids of acceptance cases. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  begin,
  bodyOf,
  ended,
  make,
  OK,
  runIdOf,
  runToEnd,
  settingOf,
  stepsOf,
  textsOf,
  waiting,
  wake,
} from '../helpers/durable.ts'
import { type SharedServer, shareServer } from '../helpers/shared-servers.ts'
import { callHook, createCatch, must, type RunBody, until, type WorkflowBody } from '../helpers/workflows.ts'

let server: SharedServer
/** Sleeps longer than its time limit during the other tests. */
let sleeper = ''
before(async () => {
  server = await shareServer()
  const limit = { timeout_seconds: 12 }
  sleeper = (await begin(server, `sleep("s", seconds=13)\nx = 1\n${OK}`, limit)).id
})
after(() => server?.close())

const run = async (body: string, request: object = {}): Promise<RunBody> =>
  await runToEnd(server, await make(server, body), request)

test('ST02 a sleep ends by itself', async () => {
  const { id } = await begin(
    server,
    `sleep("short", seconds=1)
x = step("last", lambda: 1)
${OK}`,
  )
  assert.equal((await ended(server, id)).status, 'succeeded')
})

test('ST04 step.key is the same in each try, and differs between uses of a name', async () => {
  const workflow = await make(
    server,
    `keys = []
def act():
    keys.append(step.key)
    if len(keys) < 3:
        raise ValueError("again")
    return list(keys)
x = [step("pay", act, retry={"attempts": 3, "first": "1s", "max": "1s"}), step("pay", lambda: step.key)]
${OK}`,
  )
  const [tries, second] = bodyOf(await runToEnd(server, workflow)) as [string[], string]
  assert.equal(new Set(tries).size, 1)
  assert.equal(tries[0]?.length, 32)
  assert.notEqual(tries[0], second)
  const outside = await run('return step.key')
  assert.match(outside.message ?? '', /RuntimeError: step.key is only available inside of a step/)
})

test('ST05 a result that is no JSON or is too long ends the run as invalid_step, after one call', async () => {
  const workflow = await make(
    server,
    `deep = 1
for _ in range(600):
    deep = [deep]
values = [{1}, float("nan"), "x" * (1024 * 1024 - 1), deep]
try:
      step("odd", lambda: print("called") or values[_request["n"]], retry={"attempts": 3})
except BaseException:
      print("caught")`,
  )
  for (const n of [0, 1, 2, 3]) {
    const found = await runToEnd(server, workflow, { n })
    assert.deepEqual([found.status, found.code], ['failed', 'invalid_step'])
    assert.match(found.message ?? '', /step(\(| ").*odd.*Its function was called/)
    assert.deepEqual(await textsOf(server, found.id), ['called'])
  }
})

test('ST05 a question or a decision that nests too deeply ends the run with its own code', async () => {
  const body = `deep = {"type": "string"}
for _ in range(600):
    deep = {"type": "object", "properties": {"a": deep}}
if _request["n"] == 0:
    ask("hire", title="T", fields=deep)
decide("s", "invite", reasons=["r"], inputs=deep)`
  const decides = { keep_days: 1, oversight: { outcomes: ['invite'], reviewers: ['owners'] } }
  for (const [n, code, decisions] of [
    [0, 'invalid_step', null],
    [1, 'invalid_decision', null],
    [1, 'invalid_decision', decides],
  ] as const) {
    const workflow = await make(server, `from workflows import decide\n${body}`, { decisions })
    const found = await runToEnd(server, workflow, { n })
    assert.deepEqual([found.status, found.code], ['failed', code], found.message ?? '')
    assert.match(found.message ?? '', /nests deeper than 512 levels/)
  }
})

test('ST06 names that are no text of 1 to 200 characters end the run, and others are stored', async () => {
  const wrong = await make(server, 'step(["", "x" * 201, 7][_request["n"]], lambda: 1)')
  for (const n of [0, 1, 2]) assert.equal((await runToEnd(server, wrong, { n })).code, 'invalid_step')
  const wait = await make(
    server,
    `name = ["", "x" * 201, 7][_request["n"] % 3]
wait_for(name, within="1s") if _request["n"] < 3 else ask(name, title="T", within="1s")`,
  )
  for (const n of [0, 1, 2, 3, 4, 5]) {
    const found = await runToEnd(server, wait, { n })
    assert.deepEqual([found.code, found.parts], ['invalid_step', 1], found.message ?? '')
  }
  const found = await run(`x = [step(n, lambda: n) for n in ["\\0", "\\U0001f600", "x" * 200, "\\ud800"]]\n${OK}`)
  assert.deepEqual([found.status, found.steps], ['succeeded', 4])
  assert.equal((await stepsOf(server, found.id)).length, 4)
})

test('ST07 a call inside of a step, and one at the top of the module, are refused', async () => {
  const inner = await run('step("outer", lambda: step("inner", lambda: 1))')
  assert.match(inner.message ?? '', /step\('inner'\) was called inside of step\('outer'\)/)
  const top = await server.api<WorkflowBody>('POST', '/api/workflows', { name: 'top', kind: 'pull' })
  const source = 'from workflows import sleep\nsleep("top", days=1)\ndef workflow(settings):\n    pass\n'
  const saved = await server.api('POST', `/api/workflows/${top.body.id}/versions`, { source })
  assert.match(saved.text, /while the module was loading/)
})

test('ST04 ST07 the threads of a step are inside of it, those of others are not', async () => {
  const found = await run(`import threading
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(1)
def keys():
    with ThreadPoolExecutor() as own:
        return [step.key, own.submit(lambda key: step.key, key=1).result(), pool.submit(lambda: step.key).result()]
def nested():
    said = []
    def ask_step():
        try:
            step("inner", lambda: 1)
        except RuntimeError as error:
            said.append(str(error))
    thread = threading.Thread(target=ask_step)
    thread.start()
    thread.join()
    return said
x = [step("keys", keys), step("others", keys), step("outer", nested)]
x.append(pool.submit(lambda: step("beside", lambda: 1)).result())
sleep("s", days=1)
${OK}`)
  const [keys, others, said, beside] = bodyOf(found) as [string[], string[], string[], number]
  assert.deepEqual([new Set(keys).size, new Set(others).size, keys[0] === others[0], beside], [1, 1, false, 1])
  assert.match(said[0] ?? '', /step\('inner'\) was called inside of step\('outer'\)/)
})

test('ST09 the uses of a name in a loop keep their order over sleeps', async () => {
  const body = `x = []
for n in range(3):
    x.append(step("draw", random.random))
    sleep("pause", hours=1)
    print(json.dumps(x))
${OK}`
  const found = await run(body)
  assert.deepEqual([found.status, found.parts], ['succeeded', 4])
  const lines = (await textsOf(server, found.id)).map((text) => JSON.parse(text))
  assert.deepEqual([lines[0], lines[1]], [lines[2].slice(0, 1), lines[2].slice(0, 2)])
})

test('ST10 neither except nor finally nor with happens at a wait', async () => {
  const body = `import contextlib
@contextlib.contextmanager
def resource():
    try:
        yield
    finally:
        print("left")
try:
    with resource():
        sleep("night", days=1)
except BaseException:
    print("caught")
finally:
    print("finally")
x = 1
${OK}`
  const { id } = await begin(server, body)
  await waiting(server, id)
  assert.deepEqual(await textsOf(server, id), [])
  await wake(server, id)
  assert.equal((await ended(server, id)).status, 'succeeded')
  assert.deepEqual(await textsOf(server, id), ['left', 'finally'])
})

test('ST14 a module called workflows is refused', async () => {
  const { body } = await server.api<WorkflowBody>('POST', '/api/workflows', { name: 'own', kind: 'pull' })
  const code = { source: 'def workflow(settings):\n    pass\n', files: { 'workflows.py': 'step = 1' } }
  const saved = await server.api('POST', `/api/workflows/${body.id}/versions`, code)
  assert.deepEqual([saved.status, /a name that the platform uses/.test(saved.text)], [400, true])
})

test('ST15 an import in a function makes the version durable', async () => {
  const source = 'def workflow(_request, settings):\n    import workflows as w\n    w.sleep("x", days=1)\n'
  const workflow = await createCatch(server, { source })
  await callHook(workflow, {})
  const { body } = await server.api<{ data: { durable: boolean }[] }>('GET', `/api/workflows/${workflow.id}/versions`)
  assert.equal(body.data[0]?.durable, true)
})

for (const [what, body, expected] of [
  [
    'a branch by what is stored elsewhere',
    'if not os.path.exists("/nothing") and settings.get("n", 0):\n    step("other", lambda: print("called"))\nstep("n", lambda: settings.increment("n"))\nsleep("s", days=1)',
    /step\('n'\) was expected.*step\('other'\) was found/,
  ],
  [
    'an early return',
    'if settings.get("n"):\n    return\nstep("n", lambda: settings.increment("n"))\nsleep("s", days=1)',
    /step\('n'\) was expected.*returned before/,
  ],
] as const)
  test(`ST30 ST31 ${what} ends the run as nondeterminism, and nothing new is done`, async () => {
    const found = await run(body)
    assert.deepEqual([found.status, found.code], ['failed', 'nondeterminism'])
    assert.match(found.message ?? '', expected)
    assert.deepEqual(await textsOf(server, found.id), [])
  })
test('ST32 a branch by time outside of a step is nondeterminism, and one by a step is not', async () => {
  const outside = await run('import time\nstep(str(time.time_ns()), lambda: 1)\nsleep("s", days=1)')
  assert.deepEqual([outside.status, outside.code], ['failed', 'nondeterminism'])
  const inside = await run(`x = step(str(step("draw", random.random)), lambda: 1)\nsleep("s", days=1)\n${OK}`)
  assert.deepEqual([inside.status, inside.steps, bodyOf(inside)], ['succeeded', 2, 1])
})

test('ST34 chains of steps may end in another order in the next part', async () => {
  const { workflow, id } = await begin(
    server,
    `import threading
from concurrent.futures import ThreadPoolExecutor
order = ["b", "a"] if settings.get("woken") else ["a", "b"]
first_is_done = threading.Event()
def chain(name):
    if name != order[0]:
        first_is_done.wait()
    found = [step(name + str(n), lambda: settings.increment("calls")) for n in range(3)]
    first_is_done.set()
    return found
with ThreadPoolExecutor(2) as pool:
    x = list(pool.map(chain, ["a", "b"]))
sleep("night", days=1)
step("last", lambda: 1)
${OK}`,
  )
  await waiting(server, id)
  await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/woken`, { value: true }), 200)
  await wake(server, id)
  const last = await ended(server, id)
  assert.deepEqual(
    [last.status, bodyOf(last)],
    [
      'succeeded',
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    last.message ?? '',
  )
})

test('ST22 a process that is killed in a step ends the run as crashed, and retries continue from the steps', async () => {
  const workflow = await make(
    server,
    `x = step("draw", lambda: settings.increment("calls"))
step("act", lambda: settings.get("safe") or os.kill(os.getpid(), 9))
${OK}`,
    { retries: { count: 1, backoff_seconds: 1 } },
  )
  await callHook(workflow, {}, { headers: { prefer: 'respond-async' } })
  const second = await until(async () => {
    const { data } = await must(server.api<{ data: RunBody[] }>('GET', `/api/workflows/${workflow.id}/runs`), 200)
    return data.find(({ attempt, status }) => attempt === 2 && status === 'failed')
  })
  assert.equal(second.code, 'crashed')
  await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/safe`, { value: true }), 200)
  const { id } = await must(server.api<RunBody>('POST', `/api/runs/${second.id}/replay`, { from: 'steps' }), 202)
  assert.equal(bodyOf(await ended(server, id)), 1)
})

test('ST57 settings of a step that break a limit end the run, and nothing of the step is kept', async () => {
  const workflow = await make(
    server,
    `def act():
    settings["kept"] = 1
    for n in range(501 if _request["n"] == 1 else 1):
        settings["k%d" % n] = ["x" * (1024 * 1024), n, {1}][_request["n"]]
try:
    step("act", act, retry={"attempts": 3})
except BaseException:
    print("caught")`,
  )
  for (const n of [0, 1, 2]) {
    const found = await runToEnd(server, workflow, { n })
    assert.deepEqual([found.status, found.code], ['failed', 'invalid_settings'], found.message ?? '')
    assert.match(found.message ?? '', /in step\('act'\).*Its function was called/)
    assert.deepEqual(await textsOf(server, found.id), [])
  }
  assert.equal(await settingOf(server, workflow, 'kept'), undefined)
})

test('ST105 steps that a function forges end its run, and the next run is served', async () => {
  const workflow = await make(
    server,
    `import struct
if _request["forge"]:
    header = {"type": "step", "turn": 1, "kind": "step", "name": "s", "number": 1, "status": "done", "attempts": 1,
              "started": 1, "set": {}, "deleted": []}
    text = json.dumps(header).encode()
    for _ in range(100):
        os.write(3, struct.pack(">II", len(text), 1048576) + text + b'"' + b"x" * 1048574 + b'"')
x = step("s", lambda: 1)
${OK}`,
    { retries: { count: 0 } },
  )
  const forged = await ended(server, runIdOf(await callHook(workflow, { forge: true })))
  assert.notEqual(forged.status, 'succeeded')
  assert.equal((await callHook(workflow, { forge: false })).text, '1')
})

test('ST35 two uses of a name at the same time are an invalid_step', async () => {
  const found = await run(`import threading, time
begun = threading.Event()
def first():
    begun.set()
    time.sleep(20)
threading.Thread(target=step, args=("same", first)).start()
begun.wait()
step("same", lambda: None)`)
  assert.equal(found.code, 'invalid_step')
})

test('ST36 a wait in one thread ends the process once the steps of the others are stored', async () => {
  const { id } = await begin(
    server,
    `from concurrent.futures import ThreadPoolExecutor
import time
begun = set()
def act(n):
    begun.add(n)
    time.sleep(0.5)
with ThreadPoolExecutor(6) as pool:
    done = [pool.submit(step, "s%d" % n, act, n) for n in range(5)]
    while not all(n in begun or one.done() for n, one in enumerate(done)):
        time.sleep(0.01)
    done.append(pool.submit(sleep, "night", days=1))
    x = [one.result() for one in done]
${OK}`,
  )
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
  const { id } = await begin(
    server,
    `def boom():
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
${OK}`,
  )
  await waiting(server, id)
  await wake(server, id)
  const last = await ended(server, id)
  assert.deepEqual(bodyOf(last), ['boom', 'ValueError', 'no', 1])
  assert.deepEqual(await textsOf(server, id), ['["boom", "ValueError", "no", 1]'])
})

test('ST43 a long pause between tries frees the process, and the tries are counted', async () => {
  const { id } = await begin(
    server,
    `def flaky():
    print("try", step.key[:4] != "")
    if len(os.listdir("/proc/self/fd")) and settings.get("go") is None:
        raise IOError("down")
    return 1
x = step("flaky", flaky, retry={"attempts": 3, "first": "10m"})
${OK}`,
  )
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

test('ST33 64 threads run steps at the same time, and one more step fails the run', async () => {
  const workflow = await make(
    server,
    `from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
count = _request["count"]
met = Barrier(count)
with ThreadPoolExecutor(count) as threads:
    x = list(threads.map(lambda at: step("s%d" % at, lambda: met.wait(60) >= 0), range(count)))
${OK}`,
  )
  assert.deepEqual(bodyOf(await runToEnd(server, workflow, { count: 64 })), Array(64).fill(true))
  assert.equal((await runToEnd(server, workflow, { count: 65 })).code, 'invalid_step')
})

test('ST33 concurrent waits of asyncio are all stored before the process ends', async () => {
  const { id } = await begin(
    server,
    `import asyncio
async def all():
    await asyncio.gather(sleep("a", days=1), sleep("b", days=2), wait_for("c", within="3d"))
asyncio.run(all())`,
  )
  const { waiting_for: waits } = await waiting(server, id)
  assert.deepEqual((waits as { name: string }[]).map(({ name }) => name).sort(), ['a', 'b', 'c'])
})

test('ST50 the time limit counts for each part', async () => {
  const { status, parts } = await ended(server, sleeper)
  assert.deepEqual([status, parts], ['succeeded', 2])
})

test('ST70 an end of a sleep in the past does not wait, and others are refused', async () => {
  const date = 'from datetime import datetime, timedelta, timezone\n'
  const past = await run(`${date}sleep("s", until=datetime.now(timezone.utc) - timedelta(days=1))\nx = 1\n${OK}`)
  assert.deepEqual([past.status, past.parts], ['succeeded', 1])
  const wrong = '[{"until": datetime.now()}, {"days": 367}, {"seconds": -1}, {"seconds": 0}]'
  const workflow = await make(server, `${date}sleep("s", **${wrong}[_request["n"]])`)
  for (const n of [0, 1, 2, 3])
    assert.match((await runToEnd(server, workflow, { n })).message ?? '', /^ValueError/, String(n))
  assert.match((await run('sleep("1s")')).message ?? '', /sleep needs a duration after its name, such as seconds=30/)
})
