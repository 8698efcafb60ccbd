/** What is held must be let go: when a run is cancelled, the pool closed, a process gone. */

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ANYWHERE } from '../../../src/domain/shared/egress.ts'
import { guard } from '../../../src/guard.ts'
import { Group, type WorkerHost } from '../../../src/workers/pool/group.ts'
import { PipeMaker } from '../../../src/workers/sandbox/process/pipes.ts'
import { startWithPipes } from '../../../src/workers/sandbox/process/sandbox-process.ts'
import { describeLoadFailure, describeRunFailure } from '../../../src/workers/worker/failures.ts'
import { whenQuiet } from '../../../src/workers/worker/pipes.ts'
import { ProcessTree } from '../../../src/workers/worker/process-tree.ts'
import { Worker } from '../../../src/workers/worker/worker.ts'
import { makeJob, openPool } from '../../helpers/pool.ts'

const SLEEPS = 'import time\ndef workflow(a, b):\n    print("begun")\n    time.sleep(1000)\n'
const GOOD = 'def workflow(a, b):\n    return {"status_code": 200, "body": "ok"}\n'

test('a closed pool answers waiting runs and later runs', async () => {
  const pool = await openPool({ spares: false, maxWorkers: 1 })
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
    noteObstacle: () => {},
    logBytes: 1000,
  }
  const message = { kind: 'catch', source: GOOD, files: {}, reuse: false, memory: 1, variables: {} }
  const spec = {
    runtime: 'python3',
    environment: null,
    workflowId: 'wf_1',
    versionKey: 'version',
    egress: ANYWHERE,
    message,
  }
  const group = new Group('key', spec, full)
  const cancel = new AbortController()
  const answer = group.acquire(1000, cancel.signal)
  cancel.abort()
  assert.equal('failure' in (await answer), true)
  assert.deepEqual(emptied, [group])
})

test('a process that never stops writing does not keep its run from its end', async () => {
  let bytes = 0
  await new Promise<void>((resolve) => whenQuiet(() => (bytes += 1000), guard('a test'), resolve))
})

test('pipes that something still holds when the sandbox has ended are closed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pipes-'))
  const maker = new PipeMaker(join(folder, 'pipes'))
  const started = await startWithPipes(maker, 'sh', ['-c', 'sleep 1000 & echo $!'], { id: 'one', stdio: [] })
  assert.equal(openFilesIn(folder).length, 5)
  const [holder] = await Promise.all([
    new Promise<Buffer>((resolve) => started.pipes.stdout.once('data', resolve)),
    new Promise<void>((resolve) => {
      const traits = { hasNamespaces: true, isNode: false, hasMachineEnded: () => false }
      new Worker(started, traits, { onIdle: () => {}, onExit: () => resolve() })
    }),
  ])
  assert.deepEqual(openFilesIn(folder), [])
  process.kill(Number(holder), 'SIGKILL')
  rmSync(folder, { recursive: true })
})

/** A count of all descriptors would include those that the pool of an earlier test closes. */
function openFilesIn(folder: string): string[] {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return targets.filter((target) => target.startsWith(folder))
}

test('a process that the kernel kills while it ends others for want of memory is said to have ended so', () => {
  const never = new Promise<string>(() => {})
  const treeOf = (hasEnded: boolean) => {
    const traits = { hasNamespaces: true, isNode: false, hasMachineEnded: () => hasEnded }
    return new ProcessTree({ pid: undefined, exit: never, kill: null, parent: process.pid }, traits)
  }
  const { SIGKILL, SIGSEGV } = constants.signals
  assert.deepEqual(
    [SIGKILL, SIGSEGV, null].map((signal) => treeOf(true).findShortage(signal)),
    ['machine_memory', null, null],
  )
  assert.equal(treeOf(false).findShortage(SIGKILL), null)
  // The template, or the root that answers for it.
  assert.deepEqual(
    ['signal SIGKILL', 'exit code 137', 'signal SIGTERM', 'exit code 1', ''].map((how) => treeOf(true).leave(how)),
    ['machine_memory', 'machine_memory', null, null, null],
  )
  const facts = { timeoutMs: 1000, memoryBytes: 512 << 20, peakBytes: 280 << 20, source: '', files: {} }
  const ended = { exit: null, signal: SIGKILL, peak: 280 << 20 }
  const report = {
    result: null,
    garbage: false,
    ended,
    peak: 280 << 20,
    stop: 'machine_memory',
    how: '',
    stacks: '',
  } as const
  const message =
    'The kernel ended the process of the function (SIGKILL) when memory ran out on the machine, or in the container of the server. ' +
    'The run was below its own limit of 512 MiB; at most 280 MiB were seen'
  assert.deepEqual(describeRunFailure(report, facts), { code: 'crashed', message })
  const died = { type: 'died', stop: 'machine_memory', how: 'signal SIGKILL', stacks: '' } as const
  assert.deepEqual(describeLoadFailure(died, facts), { code: 'crashed', message })
})
