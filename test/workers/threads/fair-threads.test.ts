import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFairThreads, type FairThreads, ThreadError } from '../../../src/workers/threads/fair-threads.ts'
import type { WaitingTask } from './waiting-task.ts'

const MODULE = new URL('./waiting-task.ts', import.meta.url)

async function withThreads(use: (threads: FairThreads<WaitingTask, string>) => Promise<void>, maxRunMs = 60_000) {
  const threads = createFairThreads<WaitingTask, string>({ module: MODULE, maxRunMs })
  try {
    await use(threads)
  } finally {
    await threads.close()
  }
}

/** A task that ends when `end` is called; `started` counts the tasks with its flag that have started. */
function waitingTask(name: string) {
  const flag = new SharedArrayBuffer(8)
  const cell = new Int32Array(flag)
  const end = (as = 1) => {
    Atomics.store(cell, 0, as)
    Atomics.notify(cell, 0)
  }
  return { task: { name, flag }, end, isStarted: () => Atomics.load(cell, 1) > 0 }
}

const run = (threads: FairThreads<WaitingTask, string>, owner: string, task: WaitingTask, isOwed = false) =>
  threads.run({ owner, does: 'work', task, isOwed })

const ended = (name: string) => {
  const one = waitingTask(name)
  one.end()
  return one.task
}

const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'a result',
    (error: unknown) => (error instanceof ThreadError ? error.reason : error),
  )

test('Z3-06 an owner with many tasks leaves a thread to the next owner', async () => {
  await withThreads(async (threads) => {
    const slow = [waitingTask('a1'), waitingTask('a2'), waitingTask('a3')]
    const results = slow.map(({ task }) => run(threads, 'a', task))
    assert.equal(await run(threads, 'b', ended('b1')), 'b1')
    assert.deepEqual(
      slow.slice(1).map(({ isStarted }) => isStarted()),
      [false, false],
    )
    for (const { end } of slow) end()
    assert.deepEqual(await Promise.all(results), ['a1', 'a2', 'a3'])
  })
})

test('Z3-06 owners take turns', async () => {
  await withThreads(async (threads) => {
    const blockers = [waitingTask('x'), waitingTask('y')]
    const held = blockers.map(({ task }) => run(threads, task.name, task))
    const order: string[] = []
    const rest = ['a1', 'a2', 'a3', 'b1', 'c1'].map((name) =>
      run(threads, name.slice(0, 1), ended(name)).then((result) => order.push(result)),
    )
    blockers[0]?.end()
    await Promise.all(rest)
    blockers[1]?.end()
    await Promise.all(held)
    assert.deepEqual(order, ['a1', 'b1', 'c1', 'a2', 'a3'])
  })
})

test('Z3-06 a task that takes too long ends with its thread, and the next one runs', async () => {
  let next: unknown
  // On a busy machine the start of a thread may take as long as the first limit.
  for (const maxRunMs of [2_000, 10_000, 30_000])
    await withThreads(async (threads) => {
      if (next === 'next') return
      const endless = waitingTask('endless')
      const reason = reasonOf(run(threads, 'a', endless.task))
      const last = run(threads, 'a', ended('next')).catch((error: ThreadError) => error.reason)
      assert.equal(await reason, 'timeout')
      next = await last
    }, maxRunMs)
  assert.equal(next, 'next')
})

test('more than 25 waiting tasks of an owner are refused, but not those of runs', async () => {
  await withThreads(async (threads) => {
    const first = waitingTask('first')
    const waiting = [run(threads, 'a', first.task)]
    for (let index = 0; index < 25; index += 1) waiting.push(run(threads, 'a', ended(`${index}`)))
    assert.equal(await reasonOf(run(threads, 'a', ended('refused'))), 'full')
    waiting.push(run(threads, 'a', ended('of a run'), true))
    assert.equal(await run(threads, 'b', ended('b')), 'b')
    first.end()
    assert.equal((await Promise.all(waiting)).length, 27)
  })
})

test('a task that throws is a failure, and closing rejects what waits', async () => {
  const threads = createFairThreads<WaitingTask, string>({ module: MODULE, maxRunMs: 60_000 })
  const failing = waitingTask('failing')
  failing.end(2)
  assert.equal(await reasonOf(run(threads, 'a', failing.task)), 'failed')
  const reasons = [waitingTask('b1'), waitingTask('b2')].map(({ task }) => reasonOf(run(threads, 'b', task)))
  await threads.close()
  assert.deepEqual(await Promise.all(reasons), ['failed', 'failed'])
  assert.equal(await reasonOf(run(threads, 'a', ended('late'))), 'failed')
})
