import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogLine } from '../../../src/domain/runs/run.ts'
import type { Pool } from '../../../src/workers/pool/pool.ts'
import { rootIn } from '../../../src/workers/sandbox/machine/roots.ts'
import { listTree } from '../../../src/workers/sandbox/process/processes.ts'
import {
  functionSource,
  listPythons,
  listWorkerProcesses,
  makeJob,
  openPool,
  printed,
  WORKER_PROCESSES,
} from '../../helpers/pool.ts'

const HELLO = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": "hello"}\n'
const SLEEPS =
  'import time\ndef workflow(_request, settings):\n    print("begun")\n    time.sleep(_request["s"])\n    return {"status_code": 200, "body": "done"}\n'
/** From the first run to the fork of a process for the second, if no job comes. */
const TEMPLATE_WAITS_MS = 5_000
const sleeps = (seconds: number) => ({ source: SLEEPS, body: JSON.stringify({ s: seconds }) })

describe('the pool', () => {
  test('F32: the time limit holds in the run and while the module loads, and the message says which', async () => {
    await withPool({}, async (pool) => {
      // A limit that came a hundred times as late would let both end by themselves.
      const loading = await pool.execute(makeJob({ source: `import time\ntime.sleep(20)\n${HELLO}`, timeoutMs: 300 }))
      assert.deepEqual([loading.status, loading.code], ['timed_out', 'timeout'])
      assert.match(loading.message ?? '', /still loading after the time limit of 0\.3 s: its imports/)
      // Loaded before, so that the limit can't end the load.
      const job = makeJob({ ...sleeps(90), timeoutMs: 1000 })
      assert.deepEqual(await pool.load(job), { ok: true })
      const running = await pool.execute(job)
      assert.deepEqual([running.status, running.code], ['timed_out', 'timeout'])
      assert.match(running.message ?? '', /still running after its time limit of 1 s/)
    })
  })

  test('shows its sandbox, its Pythons and their packages', async () => {
    await withPool({}, async (pool) => {
      assert.equal(pool.sandbox.tier, 'bwrap')
      assert.ok(pool.sandbox.notes.length > 0)
      const [first] = pool.listRuntimes()
      assert.equal(first?.name, 'python3')
      assert.equal(first.usable, true)
      assert.match(first.version, /^3\.\d+\.\d+$/)
      assert.deepEqual(
        pool.listRuntimes().filter(({ name }) => !/^(python3(\.\d+)?|node24)$/.test(name)),
        [],
      )
    })
  })

  test('keeps workers warm by version, and has spares', async () => {
    // If the worker is not ready again in time, on a busy machine, the second run would start another one.
    await withPool({ spares: true, maxWorkers: 1 }, async (pool) => {
      await until(() => pool.size.spares > 0)
      const before = pool.size.spares
      const job = makeJob({ source: `print('loading')\n${HELLO}` })
      assert.deepEqual(printed(await pool.execute(job)), ['loading'])
      assert.deepEqual(printed(await pool.execute(job)), [])
      assert.equal(pool.size.workers, 1)
      // More than before: the one with the SDK takes longer to boot.
      await until(() => pool.size.spares >= before)
    })
  })

  test('a version that ran once has no process ahead, and from the second run on it has', async () => {
    await withPool({ spares: false, maxWorkers: 1 }, async (pool) => {
      const began = performance.now()
      await pool.execute(makeJob({ source: HELLO }))
      // Long enough for a fork, and shorter than a template waits for the second job.
      await sleep(300)
      const found = listWorkerProcesses().length
      if (performance.now() - began < TEMPLATE_WAITS_MS) assert.equal(found, WORKER_PROCESSES - 1)
      assert.equal((await pool.execute(makeJob({ source: HELLO }))).response?.body, 'hello')
      await until(() => listWorkerProcesses().length === WORKER_PROCESSES)
      assert.equal((await pool.execute(makeJob({ source: HELLO }))).response?.body, 'hello')
      assert.equal(pool.size.workers, 1)
    })
  })

  test('runs of one version at once have a worker each', async () => {
    await withPool({}, async (pool) => {
      const stop = new AbortController()
      let begun = 0
      const job = makeJob({ ...sleeps(600), timeoutMs: 600_000, signal: stop.signal, onLog: () => (begun += 1) })
      const running = Promise.all([1, 2, 3, 4, 5].map(() => pool.execute(job)))
      await until(() => begun === 5)
      assert.ok(pool.size.workers >= 5)
      stop.abort()
      assert.deepEqual(
        (await running).map(({ status }) => status),
        Array(5).fill('cancelled'),
      )
    })
  })

  test('a run waits when all workers are taken, and idle ones of others make room', async () => {
    await withPool({ maxWorkers: 2 }, async (pool) => {
      for (const key of ['a', 'b', 'c', 'd']) await pool.execute(makeJob({ source: HELLO, versionKey: key }))
      assert.ok(pool.size.workers <= 2)
      const outcomes = await Promise.all(
        ['e', 'f', 'g', 'h', 'e', 'f'].map((versionKey) => pool.execute(makeJob({ ...sleeps(0.05), versionKey }))),
      )
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        Array(6).fill('succeeded'),
      )
      assert.ok(pool.size.workers <= 2)
    })
  })

  test('ends workers that were idle for long', async () => {
    await withPool({ idleMs: 1, reapMs: 20 }, async (pool) => {
      await pool.execute(makeJob({ source: HELLO }))
      await until(() => pool.size.workers === 0)
      assert.equal((await pool.execute(makeJob({ source: HELLO }))).response?.body, 'hello')
    })
  })

  test('F09: a timeout kills the worker and everything in it', async () => {
    await withPool({}, async (pool) => {
      const { status, code } = await pool.execute(
        makeJob({ source: functionSource('ends_badly'), case: 'daemon', timeoutMs: 400 }),
      )
      assert.deepEqual({ status, code }, { status: 'timed_out', code: 'timeout' })
      await until(() => listWorkerProcesses().length === 0)
    })
  })

  test('F39: waiting for a worker does not count against the time limit', async () => {
    await withPool({ maxWorkers: 1 }, async (pool) => {
      const waitLongerThan = async (timeoutMs: number) => {
        const first = pool.execute(makeJob(sleeps(timeoutMs / 1000 + 0.5)))
        const second = pool.execute(makeJob({ source: HELLO, timeoutMs }))
        assert.equal((await first).status, 'succeeded')
        return (await second).status
      }
      let status = await waitLongerThan(2_500)
      // On a busy machine its own load and run may take as long as the first limit.
      for (const timeoutMs of [10_000, 30_000]) if (status === 'timed_out') status = await waitLongerThan(timeoutMs)
      assert.equal(status, 'succeeded')
    })
  })

  test('a run under way can be cancelled, and one that waits, and one that has not begun', async () => {
    await withPool({ maxWorkers: 1 }, async (pool) => {
      const running = new AbortController()
      const waiting = new AbortController()
      const begun = Promise.withResolvers<LogLine>()
      const first = pool.execute(makeJob({ ...sleeps(100), signal: running.signal, onLog: begun.resolve }))
      const second = pool.execute(makeJob({ ...sleeps(100), signal: waiting.signal }))
      const third = await pool.execute(makeJob({ ...sleeps(100), signal: AbortSignal.abort() }))
      assert.equal((await begun.promise).text, 'begun')
      waiting.abort()
      assert.equal((await second).status, 'cancelled')
      running.abort()
      const outcome = await first
      assert.deepEqual([outcome.status, outcome.code, printed(outcome)], ['cancelled', 'cancelled', ['begun']])
      assert.equal(third.status, 'cancelled')
      assert.equal((await pool.execute(makeJob({ source: HELLO }))).status, 'succeeded')
    })
  })

  test('log lines come while the run is under way', async () => {
    await withPool({}, async (pool) => {
      const live: string[] = []
      const outcome = await pool.execute(makeJob({ ...sleeps(0.05), onLog: ({ text }) => live.push(text) }))
      assert.deepEqual(live, printed(outcome))
      assert.ok((outcome.timing.run ?? 0) >= 50)
    })
  })

  test('a runtime that is not there fails the run and names those that are', async () => {
    await withPool({}, async (pool) => {
      const { status, message } = await pool.execute(makeJob({ source: HELLO, runtime: 'python2.7' }))
      assert.equal(status, 'failed')
      assert.match(message ?? '', /python2\.7 is not on this machine \(there are: .*python3/)
    })
  })

  test('a 32 MiB body arrives whole', async () => {
    await withPool({}, async (pool) => {
      const source =
        'import hashlib\ndef workflow(_request, settings):\n    return {"status_code": 200, "body": "%d %d" % (len(_request.body), len(_request["a"]))}\n'
      const text = 'x'.repeat(32 * 1024 * 1024 - 8)
      const { response, message } = await pool.execute(makeJob({ source, body: JSON.stringify({ a: text }) }))
      assert.equal(response?.body, `${32 * 1024 * 1024} ${text.length}`, message ?? '')
    })
  })

  test('forked runs draw different random numbers, on every Python', async () => {
    await withPool({}, async (pool) => {
      const source =
        'import random\nrandom.random()\ndef workflow(a, b):\n    return {"status_code": 200, "body": repr(random.random())}\n'
      for (const { name: runtime } of listPythons(pool)) {
        const first = await pool.execute(makeJob({ source, runtime }))
        const second = await pool.execute(makeJob({ source, runtime }))
        assert.notEqual(first.response?.body, second.response?.body, runtime)
      }
    })
  })

  test('F17: other runs go on while one runs out of memory', async () => {
    await withPool({}, async (pool) => {
      const [greedy, modest] = await Promise.all([
        pool.execute(makeJob({ source: functionSource('uses_up'), case: 'many processes' })),
        pool.execute(makeJob(sleeps(1))),
      ])
      assert.equal(greedy.code, 'out_of_memory')
      assert.equal(modest.response?.body, 'done')
    })
  })

  test('close ends runs under way and leaves no process and no file', async () => {
    const pool = await openPool()
    const begun = Promise.withResolvers<LogLine>()
    const running = pool.execute(makeJob({ ...sleeps(100), onLog: begun.resolve }))
    await begun.promise
    await pool.close()
    assert.equal((await running).code, 'crashed')
    assert.equal(listTree(process.pid).length, 1)
  })
})

describe('a pool without a sandbox', () => {
  test('runs the same program, says so loudly, and cleans up as far as it can', async () => {
    await withPool({ sandbox: 'none' }, async (pool) => {
      assert.equal(pool.sandbox.tier, 'none')
      assert.match(pool.sandbox.notes[0] ?? '', /WITHOUT A SANDBOX/)
      const source = [
        'import os, subprocess',
        'def workflow(_request, settings):',
        '    left = sorted(os.listdir("."))',
        '    os.makedirs("a/b")',
        '    subprocess.Popen(["sleep", "1000"])',
        '    return {"status_code": 200, "body": repr((left, os.environ["HOME"] == os.getcwd()))}',
      ].join('\n')
      for (const isolation of ['fresh', 'reuse'] as const) {
        for (let run = 0; run < 3; run += 1) {
          const { response, message, traceback } = await pool.execute(
            makeJob({ source, isolation, versionKey: isolation }),
          )
          assert.equal(response?.body, '([], True)', `${message}\n${traceback}`)
        }
      }
      const { code } = await pool.execute(
        makeJob({ source: functionSource('ends_badly'), case: 'daemon', timeoutMs: 400 }),
      )
      assert.equal(code, 'timeout')
      const forksAtLoad =
        'import os, time\nif os.fork() == 0: time.sleep(1000)\nos._exit(0)\ndef workflow(a, b): pass\n'
      assert.equal((await pool.execute(makeJob({ source: forksAtLoad }))).code, 'crashed')
    })
    await until(() => listTree(process.pid).length === 1)
  })
})

describe('a server that is killed', () => {
  test('D02 X09: leaves no process of a run, without namespaces either', async () => {
    const seconds = `1000.${process.pid}`
    const scratch = await mkdtemp(join(tmpdir(), 'workflows-test-dying-'))
    const script = join(import.meta.dirname, '../../helpers/dying-pool.ts')
    const [, signal] = await once(
      spawn(process.execPath, [script, seconds], { env: { TMPDIR: scratch, HOME: scratch } }),
      'exit',
    )
    assert.equal(signal, 'SIGKILL')
    const left = () =>
      readdirSync('/proc').filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `sleep\0${seconds}\0`
        } catch {
          return false
        }
      })
    await until(() => left().length === 0)
    await rm(scratch, { recursive: true })
  })
})

describe('a start without Python', () => {
  test('stops with one sentence that says what to install', async () => {
    const cacheDir = await mkdtemp(join(tmpdir(), 'no-python-'))
    try {
      await assert.rejects(
        openPool({ cacheDir, pythonFolders: [] }),
        /No Python 3\.6 to 3\.14 was found.*apt-get install python3/,
      )
    } finally {
      await rm(cacheDir, { recursive: true })
    }
    const left = readdirSync(rootIn(tmpdir())).filter((name) => name.startsWith(`workflows-${process.pid}-`))
    assert.deepEqual(left, [])
  })
})

async function withPool(options: Parameters<typeof openPool>[0], use: (pool: Pool) => Promise<void>): Promise<void> {
  const pool = await openPool({ spares: false, ...options })
  try {
    await use(pool)
  } finally {
    await pool.close()
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 6000; turn += 1) {
    if (holds()) return
    await sleep(10)
  }
  assert.fail('the condition did not become true within 60 s')
}
