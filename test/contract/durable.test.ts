/** Durable runs through a real server: steps, sleeps, order, errors and settings. The ids are those of the cases. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { answerOf, ended, make, OK, runIdOf, settingOf, stepsOf, waiting, wake } from '../helpers/durable.ts'
import { type EngineServer, forEachEngine } from '../helpers/engines.ts'
import { callHook, createCatch, logsOf, type RunBody, until, type WorkflowBody } from '../helpers/workflows.ts'

forEachEngine((start) => {
  let server: EngineServer
  before(async () => {
    server = await start()
  })
  after(() => server?.close())

  const begin = async (workflow: WorkflowBody): Promise<string> => {
    const answer = await callHook(workflow, {})
    assert.deepEqual([answer.status, answer.body.status], [202, 'waiting'], answer.text)
    return runIdOf(answer)
  }
  /** Sleeps end as often as the run comes to one. */
  const runToEnd = async (workflow: WorkflowBody): Promise<RunBody> => {
    const id = runIdOf(await callHook(workflow, {}))
    return await until(async () => {
      const { body } = await server.api<RunBody>('GET', `/api/runs/${id}`)
      if (body.status === 'waiting') await server.api('POST', `/api/runs/${id}/wake`, {})
      return !['queued', 'running', 'waiting'].includes(body.status) && body
    })
  }
  const bodyOf = ({ response }: RunBody): unknown => JSON.parse((response as { body: string }).body)

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
    const lines = (await logsOf(server, id)).map(({ text }) => text.split(' '))
    assert.deepEqual(
      lines.map(([first]) => first),
      ['begin', 'middle', 'end'],
    )
    assert.equal(lines[1]?.[1], lines[2]?.[1])
  })

  test('ST02 a sleep ends by itself', async () => {
    const workflow = await make(server, `sleep("short", seconds=1)\nx = step("last", lambda: 1)\n${OK}`)
    assert.equal((await ended(server, await begin(workflow))).status, 'succeeded')
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
    const [tries, second] = bodyOf(await runToEnd(workflow)) as [string[], string]
    assert.equal(new Set(tries).size, 1)
    assert.equal(tries[0]?.length, 32)
    assert.notEqual(tries[0], second)
    const outside = await runToEnd(await make(server, 'return step.key'))
    assert.match(outside.message ?? '', /RuntimeError: step.key is only available inside of a step/)
  })

  for (const [what, value] of [
    ['a set', '{1}'],
    ['NaN', 'float("nan")'],
    ['a text of 1 MiB + 1', '"x" * (1024 * 1024 - 1)'],
  ] as const)
    test(`ST05 a result that is ${what} ends the run as invalid_step, after one call`, async () => {
      const workflow = await make(
        server,
        `try:
    step("odd", lambda: print("called") or ${value}, retry={"attempts": 3})
except BaseException:
    print("caught")`,
      )
      const run = await runToEnd(workflow)
      assert.deepEqual([run.status, run.code], ['failed', 'invalid_step'])
      assert.match(run.message ?? '', /step\('odd'\).*Its function was called/)
      assert.deepEqual(
        (await logsOf(server, run.id)).map(({ text }) => text),
        ['called'],
      )
    })

  test('ST06 names that are no text of 1 to 200 characters end the run, and others are stored', async () => {
    for (const name of ['""', '"x" * 201', '7'])
      assert.equal((await runToEnd(await make(server, `step(${name}, lambda: 1)`))).code, 'invalid_step')
    const names = ['"\\0"', '"\\ud83d\\ude00"', '"x" * 200', '"\\ud800"']
    const run = await runToEnd(await make(server, `x = [step(n, lambda: n) for n in [${names.join(', ')}]]\n${OK}`))
    assert.deepEqual([run.status, run.steps], ['succeeded', 4])
    assert.equal((await stepsOf(server, run.id)).length, 4)
  })

  test('ST07 a call inside of a step, and one at the top of the module, are refused', async () => {
    const inner = await runToEnd(await make(server, 'step("outer", lambda: step("inner", lambda: 1))'))
    assert.match(inner.message ?? '', /step\('inner'\) was called inside of step\('outer'\)/)
    const top = await server.api<WorkflowBody>('POST', '/api/workflows', { name: 'top', kind: 'pull' })
    const source = 'from workflows import sleep\nsleep("top", days=1)\ndef workflow(settings):\n    pass\n'
    const saved = await server.api('POST', `/api/workflows/${top.body.id}/versions`, { source })
    assert.match(saved.text, /while the module was loading/)
  })

  test('ST08 the 1,001st call ends the run as invalid_step', async () => {
    const run = await runToEnd(
      await make(server, 'for n in range(1001):\n    step("n", lambda: n)', { timeout_seconds: 600 }),
    )
    assert.deepEqual([run.code, run.steps], ['invalid_step', 1000])
  })

  test('ST09 the uses of a name in a loop keep their order over sleeps', async () => {
    const body = `x = []
for n in range(3):
    x.append(step("draw", random.random))
    sleep("pause", hours=1)
    print(json.dumps(x))
${OK}`
    const run = await runToEnd(await make(server, body))
    assert.deepEqual([run.status, run.parts], ['succeeded', 4])
    const lines = (await logsOf(server, run.id)).map(({ text }) => JSON.parse(text))
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
    const workflow = await make(server, body)
    const id = await begin(workflow)
    assert.deepEqual(await logsOf(server, id), [])
    await wake(server, id)
    assert.equal((await ended(server, id)).status, 'succeeded')
    assert.deepEqual(
      (await logsOf(server, id)).map(({ text }) => text),
      ['left', 'finally'],
    )
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
    await begin(workflow)
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
      const run = await runToEnd(await make(server, body))
      assert.deepEqual([run.status, run.code], ['failed', 'nondeterminism'])
      assert.match(run.message ?? '', expected)
      assert.deepEqual(await logsOf(server, run.id), [])
    })
})
