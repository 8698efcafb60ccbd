import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { functionSource, type JobOptions, makeJob, openPool, printed } from '../../helpers/pool.ts'

const pool = await openPool({ spares: false })
after(() => pool.close())

const COUNTS =
  'import os\nn = 0\ndef workflow(_request, settings):\n    global n\n    n += 1\n    print("run", n)\n    return {"status_code": 200, "body": "%d %d" % (n, os.getpid())}\n'
const execute = (source: string, job: JobOptions = {}) => pool.execute(makeJob({ source, isolation: 'reuse', ...job }))

describe('isolation reuse', () => {
  test('one process serves run after run, and each run has its own log', async () => {
    const bodies: (string | undefined)[] = []
    for (let run = 1; run <= 5; run += 1) {
      const outcome = await execute(COUNTS)
      assert.deepEqual(printed(outcome), [`run ${run}`])
      bodies.push(outcome.response?.body)
    }
    const pid = bodies[0]?.split(' ')[1]
    assert.deepEqual(
      bodies,
      [1, 2, 3, 4, 5].map((n) => `${n} ${pid}`),
    )
  })

  test('isolation fresh starts from the loaded module every time', async () => {
    for (let run = 0; run < 3; run += 1) {
      const { response } = await execute(COUNTS, { isolation: 'fresh' })
      assert.match(response?.body ?? '', /^1 /)
    }
  })

  test('settings are those of each run', async () => {
    const source =
      'def workflow(_request, settings):\n    settings["n"] = settings.get("n", 0) + 1\n    return {"status_code": 200, "body": repr(sorted(settings.items()))}\n'
    assert.equal(
      (await execute(source, { settings: new Map([['a', '"x"']]) })).response?.body,
      "[('__workflow_id', 'wf_1'), ('a', 'x'), ('n', 1)]",
    )
    assert.equal((await execute(source)).response?.body, "[('__workflow_id', 'wf_1'), ('n', 1)]")
  })

  test('an exception does not cost the process', async () => {
    const source =
      'n = 0\ndef workflow(_request, settings):\n    global n\n    n += 1\n    if n == 1: raise ValueError("first")\n    return {"status_code": 200, "body": str(n)}\n'
    assert.equal((await execute(source)).code, 'exception')
    assert.equal((await execute(source)).response?.body, '2')
  })

  for (const name of ['_exit 3', 'kill 9', 'segfault', 'sleeps']) {
    test(`F08 F09: after "${name}" the next run has a new process`, async () => {
      const source = functionSource('ends_badly')
      const { code } = await execute(source, { case: name, ...(name === 'sleeps' && { timeoutMs: 500 }) })
      assert.equal(code, name === 'sleeps' ? 'timeout' : 'crashed')
      assert.equal((await execute(source, { case: 'waits for input' })).code, 'exception')
    })
  }

  test('F25: a forged result does not keep a run under way that is never quiet', { timeout: 180_000 }, async () => {
    const source = functionSource('breaks_its_channels')
    const { code } = await execute(source, { case: 'forges a result and is never quiet', timeoutMs: 500 })
    assert.ok(code === null || code === 'timeout', `${code}`)
    assert.equal((await execute(source, { case: 'nothing' })).status, 'succeeded')
  })

  for (const name of ['closes all', 'closes the result', 'replaces the result', 'writes text', 'floods the result']) {
    test(`F24 F25: after "${name}" the next run has its channels`, async () => {
      const source = functionSource('breaks_its_channels')
      assert.equal((await execute(source, { case: name })).code, 'crashed')
      assert.equal((await execute(source, { case: 'nothing' })).response?.body, 'true')
    })
  }

  for (const name of ['closes output', 'closes sys.stdout']) {
    test(`F24: after "${name}" the next run can print`, async () => {
      const source = functionSource('breaks_its_channels')
      assert.equal((await execute(source, { case: name })).response?.body, 'true')
      const next = await execute(source, { case: 'reads the jobs' })
      assert.deepEqual(printed(next), ["b''"], next.message ?? '')
    })
  }

  test('input is at its end in every run', async () => {
    const source =
      'def workflow(_request, settings):\n    try:\n        input()\n    except EOFError:\n        return {"status_code": 200, "body": "eof"}\n'
    for (let run = 0; run < 3; run += 1) assert.equal((await execute(source)).response?.body, 'eof')
  })

  test('a module that cannot be forked is loaded once', async () => {
    const source =
      'import socket\nheld = socket.socket()\nprint("loaded")\nn = 0\ndef workflow(a, b):\n    global n\n    n += 1\n    return {"status_code": 200, "body": str(n)}\n'
    const first = await execute(source)
    assert.deepEqual([first.response?.body, printed(first)], ['1', ['loaded']])
    const second = await execute(source)
    assert.deepEqual([second.response?.body, printed(second)], ['2', []])
  })

  test('many runs at once each get a process of their own', async () => {
    const source =
      'import os, time\ndef workflow(a, b):\n    time.sleep(0.2)\n    return {"status_code": 200, "body": open("/proc/self/stat").read().split()[21]}\n'
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => execute(source)))
    assert.equal(
      outcomes.every(({ status }) => status === 'succeeded'),
      true,
    )
  })
})
