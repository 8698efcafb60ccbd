import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Group, type WorkerHost } from '../../../src/workers/pool/group.ts'
import { startPipedWorker } from '../../helpers/piped-worker.ts'
import { until } from '../../helpers/workflows.ts'

const SPEC = {
  runtime: 'python3',
  environment: null,
  workflowId: 'wf_many',
  versionKey: 'version',
  egress: { mode: 'internet', hosts: [] },
  message: { kind: 'catch', source: '', files: {}, reuse: false, memory: 0, variables: {} },
} as const

test('a workflow at rest that many call at once starts some workers at a time, which leave the processors to those that are there', async () => {
  const booting: ((error: Error) => void)[] = []
  const host: WorkerHost = {
    reserve: () => true,
    unreserve: () => {},
    boot: () => new Promise((_resolve, reject) => booting.push(reject)),
    adopt: () => {},
    onEmpty: () => {},
    learn: () => {},
    noteObstacle: () => {},
    logBytes: 1000,
  }
  const group = new Group('many', SPEC, host)
  const most = Math.max(4, 2 * availableParallelism())
  const answers = Array.from({ length: most + 10 }, () => group.acquire(60_000))
  await until(async () => booting.length >= most)
  await sleep(50)
  assert.equal(booting.length, most)
  for (const fail of booting) fail(new Error('no room'))
  for (const answer of await Promise.all(answers)) {
    assert.match('failure' in answer ? String(answer.failure.message) : '', /no room/)
  }
})

test('a run waits for the first process of a worker that has loaded, and starts no second worker', async () => {
  const booted: ReturnType<typeof startPipedWorker>[] = []
  const host: WorkerHost = {
    reserve: () => true,
    unreserve: () => {},
    boot: async () => {
      const started = startPipedWorker({ onIdle: (worker) => group.offer(worker) })
      booted.push(started)
      setImmediate(() => started.control({ type: 'loaded', forkable: true, load_ms: 1, imports: [] }))
      return started.worker
    },
    adopt: () => adopted.resolve(),
    onEmpty: () => {},
    learn: () => {},
    noteObstacle: () => {},
    logBytes: 1000,
  }
  const adopted = Promise.withResolvers<void>()
  const group = new Group('one', SPEC, host)
  const answer = group.acquire(60_000)
  await adopted.promise
  // Some times as long as a run waits before it asks for another worker.
  await sleep(100)
  assert.equal(booted.length, 1)
  booted[0]?.control({ type: 'ready' })
  const lease = await answer
  assert.ok('worker' in lease)
  lease.worker.kill('closed')
  await booted[0]?.ended
})
