/** What is held must be let go: when a run is cancelled, the pool closed, a process gone. */

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ANYWHERE } from '../../../src/domain/workflows/egress.ts'
import { Group, type WorkerHost } from '../../../src/workers/pool/group.ts'
import { PipeMaker } from '../../../src/workers/sandbox/pipes.ts'
import { startWithPipes } from '../../../src/workers/sandbox/sandbox-process.ts'
import { whenQuiet } from '../../../src/workers/worker/pipes.ts'
import { Worker } from '../../../src/workers/worker/worker.ts'
import { makeJob, openPool } from '../../helpers/pool.ts'

const SLEEPS = 'import time\ndef workflow(a, b):\n    print("begun")\n    time.sleep(1000)\n'
const GOOD = 'def workflow(a, b):\n    return {"status_code": 200, "body": "ok"}\n'

test('a closed pool answers waiting runs and later runs', async () => {
  const pool = await openPool({ prewarm: false, maxWorkers: 1 })
  const begun = Promise.withResolvers<unknown>()
  const running = pool.execute(makeJob({ source: SLEEPS, onLog: begun.resolve }))
  await begun.promise
  const waiting = pool.execute(makeJob({ source: GOOD }))
  await pool.close()
  const outcomes = await Promise.all([running, waiting, pool.execute(makeJob({ source: GOOD }))])
  assert.deepEqual(
    outcomes.map(({ code }) => code),
    ['crashed', 'crashed', 'crashed'],
  )
  assert.match(outcomes[1]?.message ?? '', /^The server stopped before the function began$/)
})

test('a group whose last waiting run is cancelled says that it is empty', async () => {
  const emptied: Group[] = []
  const full: WorkerHost = {
    reserve: () => false,
    unreserve: () => {},
    boot: () => Promise.reject(new Error('there is no capacity')),
    adopt: () => {},
    onEmpty: (group) => emptied.push(group),
    learn: () => {},
    logBytes: 1000,
  }
  const message = { kind: 'catch', source: GOOD, files: {}, reuse: false, memory: 1, variables: {} }
  const spec = { runtime: 'python3', environment: null, workflowId: 'wf_1', egress: ANYWHERE, message }
  const group = new Group('key', spec, full)
  const cancel = new AbortController()
  const answer = group.acquire(1000, cancel.signal)
  cancel.abort()
  assert.equal('failure' in (await answer), true)
  assert.deepEqual(emptied, [group])
})

test('a process that never stops writing does not keep its run from its end', async () => {
  let bytes = 0
  await new Promise<void>((resolve) => whenQuiet(() => (bytes += 1000), resolve))
})

test('pipes that something still holds when the sandbox has ended are closed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pipes-'))
  const before = readdirSync('/proc/self/fd').length
  const maker = new PipeMaker(join(folder, 'pipes'))
  const started = await startWithPipes(maker, 'sh', ['-c', 'sleep 1000 & echo $!'], { id: 'one', stdio: [] })
  const [holder] = await Promise.all([
    new Promise<Buffer>((resolve) => started.pipes.stdout.once('data', resolve)),
    new Promise<void>((resolve) => {
      new Worker(started, { hasNamespaces: true, isNode: false }, { onIdle: () => {}, onExit: () => resolve() })
    }),
  ])
  process.kill(Number(holder), 'SIGKILL')
  rmSync(folder, { recursive: true })
  assert.equal(readdirSync('/proc/self/fd').length, before)
})
