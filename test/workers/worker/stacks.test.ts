/** Where a run's threads stood at its time limit. The same for each Python: test/runtimes/pythons.test.ts, F09 to F35. */

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { describeStacks } from '../../../src/workers/worker/stacks.ts'
import { functionSource, type JobOptions, makeJob, openPool, printed, runToLimit } from '../../helpers/pool.ts'

const [pool, plain] = await Promise.all([openPool({ spares: false }), openPool({ spares: false, sandbox: 'none' })])
after(() => Promise.all([pool.close(), plain.close()]))

const python = (...lines: string[]) => `${lines.join('\n')}\n`
const run = (source: string, job: JobOptions = {}, on = pool) =>
  on.execute(makeJob({ source, versionKey: `${job.isolation} ${source}`, timeoutMs: 500, ...job }))
/** With a limit by which it has come to the line that `end` shows. */
const runUntil = (end: RegExp, source: string, job: JobOptions = {}, on = pool) =>
  runToLimit(
    (timeoutMs) => run(source, { ...job, timeoutMs }, on),
    ({ traceback }) => end.test(traceback ?? ''),
  )
const DEADLOCK =
  /^Thread 3 .*in take\n {4}with second:\n\nThread 2 .*in take\n {4}with second:\n\nMain thread .*in join/s

describe('F35: a run at its time limit says where its threads stood', () => {
  for (const [name, on] of [
    ['in a sandbox', pool],
    ['without a sandbox', plain],
  ] as const) {
    for (const isolation of ['fresh', 'reuse'] as const) {
      test(`${name}, isolation ${isolation}`, async () => {
        const job = { case: 'two threads', isolation }
        const outcome = await runUntil(/second:\n.*second:\n.*join\(\)\n/s, functionSource('ends_badly'), job, on)
        assert.deepEqual([outcome.status, outcome.code], ['timed_out', 'timeout'])
        assert.match(outcome.traceback ?? '', DEADLOCK)
        assert.equal(outcome.line, lineOf(functionSource('ends_badly'), 'thread.join()'))
        assert.deepEqual(printed(outcome), ['before'])
      })
    }
  }

  test('F32: while its module loads, in the template', async () => {
    const source = python('import time', 'time.sleep(1000)', 'def workflow(a, b): pass')
    const outcome = await runUntil(/sleep/, source)
    assert.equal(
      outcome.traceback,
      'Main thread (most recent call last):\n  File "workflow.py", line 2, in <module>\n    time.sleep(1000)\n',
    )
    assert.deepEqual([outcome.code, outcome.line], ['timeout', 2])
  })

  test('F32: while its module loads in each run, as one that has opened a file does', async () => {
    const source = python(
      'import os, time',
      'held = open("/dev/null")',
      'if os.getpid() > 1: time.sleep(1000)',
      'def workflow(a, b): pass',
    )
    const { traceback } = await runUntil(/sleep/, source)
    assert.match(traceback ?? '', /^Main thread .*\n {2}File "workflow\.py", line 3, in <module>\n/)
  })

  test('a module that handled the signal itself has no part in it', async () => {
    const source = python(
      'import signal, time',
      'signal.signal(signal.SIGURG, lambda *_: None)',
      'def workflow(a, b): time.sleep(1000)',
    )
    assert.match((await runUntil(/sleep/, source)).traceback ?? '', /line 3, in workflow\n {4}def workflow/)
  })

  test('of a deep recursion the calls that are nearest', async () => {
    const source = python('def down(n):', '    while n == 500: pass', '    down(n + 1)', 'def workflow(a, b): down(0)')
    const { traceback } = await runUntil(/while n == 500/, source)
    assert.match(traceback ?? '', /^Main thread .*\n {2}… more frames …\n {2}File "workflow\.py", line 3, in down\n/)
    assert.match(traceback ?? '', /line 2, in down\n {4}while n == 500: pass\n$/)
  })
})

describe('a run that wants none of it is stopped all the same', () => {
  const FLOOD = 'writes a flood of stacks'
  const body = (...lines: string[]) =>
    python(
      'import os, signal, sys, time',
      'def workflow(a, b):',
      '    print("begun")',
      ...lines.map((line) => `    ${line}`),
    )
  for (const [name, source, traceback] of [
    ['closes descriptor 3', body('os.close(3)', 'time.sleep(1000)'), null],
    ['ignores the signal', body('signal.signal(signal.SIGURG, signal.SIG_IGN)', 'time.sleep(1000)'), null],
    ['is stopped', body('os.kill(os.getpid(), signal.SIGSTOP)'), null],
    ['is another program by then', body('os.execv("/bin/sleep", ["sleep", "1000"])'), null],
    [
      'returns at the signal',
      body(
        'class Now(Exception): pass',
        'def now(*_): raise Now()',
        'signal.signal(signal.SIGURG, now)',
        'try: time.sleep(1000)',
        'except Now: return {"status_code": 200, "body": "late"}',
      ),
      null,
    ],
    [
      FLOOD,
      body(
        'def flood(*_):',
        '    line = b"  File \\"workflow.py\\", line 1, in " + b"x" * 2000 + b"\\n"',
        '    while True: os.write(3, b"Thread 0x1 (most recent call first):\\n" + line * 200)',
        'signal.signal(signal.SIGURG, flood)',
        'time.sleep(1000)',
      ),
      null,
    ],
  ] as const) {
    test(name, async () => {
      for (const isolation of ['fresh', 'reuse'] as const) {
        const outcome = await runToLimit(
          (timeoutMs) => run(source, { isolation, timeoutMs }),
          (one) => printed(one).includes('begun') && (name === FLOOD || one.traceback === traceback),
        )
        assert.deepEqual([outcome.status, outcome.code, outcome.response], ['timed_out', 'timeout', null])
        if (name === FLOOD) assert.ok((outcome.traceback ?? '').length <= 64 * 1024)
        else assert.equal(outcome.traceback, traceback)
      }
    })
  }

  test('and the next run is as good as ever', async () => {
    const source = functionSource('ends_badly')
    assert.equal((await run(source, { case: 'two threads', isolation: 'reuse' })).code, 'timeout')
    const next = await run(source, { case: 'waits for input', isolation: 'reuse', timeoutMs: 20_000 })
    assert.equal(next.code, 'exception')
  })
})

describe('what a Python wrote of its threads', () => {
  const written = (...lines: string[]) => python(...lines)
  const CURRENT = 'Current thread 0x00007f7e (most recent call first):'
  const own = (line: number, name: string) => `  File "workflow.py", line ${line} in ${name}`
  const read = (...lines: string[]) =>
    describeStacks(written(...lines), { source: 'first\nsecond\r\nthird', files: {} })

  test('begins in the user’s code, or leaves out the runtime’s own where there is none', () => {
    const ours = '  File "/opt/runtimes/workflow_runtime/process/child.py", line 7 in _run'
    assert.equal(
      read(CURRENT, own(2, 'workflow'), ours, '  File "/opt/runtimes/python.py", line 13 in <module>').traceback,
      'Main thread (most recent call last):\n  File "workflow.py", line 2, in workflow\n    second\n',
    )
    assert.deepEqual(read(CURRENT, ours), { traceback: null, line: null })
    assert.equal(
      read(CURRENT, '  File "/usr/lib/python3/asyncio/events.py", line 3 in run', ours).traceback,
      'Main thread (most recent call last):\n  File "/usr/lib/python3/asyncio/events.py", line 3, in run\n',
    )
  })

  test('leaves out the machinery of imports, as Python itself does', () => {
    const frozen = '  File "<frozen importlib._bootstrap>", line 241 in _call_with_frames_removed'
    assert.doesNotMatch(read(CURRENT, own(1, 'a'), frozen, own(2, 'b')).traceback ?? '', /frozen/)
  })

  test('names of functions keep their letters, and nothing else comes of an escape', () => {
    const names = ['\\xe9t\\xe9', '\\u540d\\U0001f600', '\\x0aThread', '\\ud800']
    const found = names.map((name) => /, in (.*)\n/.exec(read(CURRENT, own(1, name)).traceback ?? '')?.[1])
    assert.deepEqual(found, ['été', '名😀', '\\x0aThread', '\\ud800'])
  })

  test('of more threads than were written, the last is not taken for the main one', () => {
    const cut = read('Thread 0x1 [name] (most recent call first):', own(1, 'f'), '...')
    assert.match(cut.traceback ?? '', /^Thread 1 /)
    assert.equal(cut.line, null)
  })

  test('a line that is not there, or is no number, is shown without its text', () => {
    const { traceback, line } = read(CURRENT, own(99, 'f'), '  File "workflow.py", line ??? in g')
    assert.match(traceback ?? '', /line \?\?\?, in g\n {2}File "workflow\.py", line 99, in f\n$/)
    assert.equal(line, 99)
  })

  test('anything else is nothing', () => {
    for (const text of ['', '\0\ufffd\0', 'Traceback (most recent call last):', '  File "workflow.py", line 1 in f'])
      assert.deepEqual(read(text), { traceback: null, line: null })
  })
})

function lineOf(source: string, code: string): number {
  return source.split('\n').findIndex((line) => line.trim() === code) + 1
}
