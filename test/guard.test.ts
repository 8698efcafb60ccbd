/** Listeners that fail, in this process. */

import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { guard, type ListenerFailure, onListenerFailure } from '../src/guard.ts'

const failures: ListenerFailure[] = []
onListenerFailure((failure) => failures.push(failure))

/** Returns the failures that `work` causes, once its promises are settled. */
async function failuresOf(work: () => unknown): Promise<readonly string[]> {
  failures.length = 0
  await work()
  await turn()
  return failures.map(({ listener, error }) => `${listener}: ${error instanceof Error ? error.message : error}`)
}

const fail = (message: string) => () => {
  throw new Error(message)
}

test('Z3-01 what a listener throws is reported, and ends its owner alone', async () => {
  const ended: unknown[] = []
  const guarded = guard('a socket', (error) => ended.push(error))
  const socket = new EventEmitter()
  socket.on('message', guarded(fail('bad message')))
  assert.deepEqual(await failuresOf(() => socket.emit('message')), ['a socket: bad message'])
  assert.equal(String(ended), 'Error: bad message')
})

test('Z3-01 a listener that rejects leaves no unhandled rejection', async () => {
  const unhandled: unknown[] = []
  const note = (error: unknown) => void unhandled.push(error)
  process.on('unhandledRejection', note)
  const guarded = guard('a timer')
  const found = await failuresOf(async () => {
    guarded(async () => fail('late')())()
    guarded.start(async () => fail('in the background')())
    await turn()
  })
  process.off('unhandledRejection', note)
  assert.deepEqual(found, ['a timer: late', 'a timer: in the background'])
  assert.deepEqual(unhandled, [])
})

test('Z3-01 timers that fail are reported, and an interval continues', async () => {
  const guarded = guard('a timer')
  const ticks = new EventEmitter()
  const found = await failuresOf(async () => {
    guarded.setTimeout(fail('timeout'), 0)
    guarded.setImmediate(fail('immediate'))
    let count = 0
    const timer = guarded.setInterval(() => {
      count += 1
      if (count === 3) ticks.emit('third')
      fail(`interval ${count}`)()
    }, 1)
    await once(ticks, 'third')
    clearInterval(timer)
  })
  assert.deepEqual(
    [...found].sort(),
    ['interval 1', 'interval 2', 'interval 3', 'immediate', 'timeout'].map((text) => `a timer: ${text}`).sort(),
  )
})

test('Z3-01 an end that fails is reported, too', async () => {
  const guarded = guard('a child', fail('no such process'))
  assert.deepEqual(await failuresOf(guarded(fail('first'))), ['a child: first', 'the end of a child: no such process'])
})

test('a guarded listener gets its arguments, and a timer can be cleared', async () => {
  const seen: unknown[] = []
  const guarded = guard('a test')
  const socket = new EventEmitter()
  socket.on(
    'message',
    guarded((text: string, isBinary: boolean) => seen.push(text, isBinary)),
  )
  socket.emit('message', 'a', false)
  clearTimeout(guarded.setTimeout(() => seen.push('late'), 0))
  await turn()
  assert.deepEqual(seen, ['a', false])
})
