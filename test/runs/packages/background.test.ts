/** Work that no one waits for. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Background } from '../../../src/runs/packages/background.ts'
import { until } from '../../helpers/workflows.ts'

test('work is done one piece after another, and not twice for one name that waits', async () => {
  const background = new Background(0)
  const done: string[] = []
  let running = 0
  const work = (name: string) => async () => {
    running += 1
    assert.equal(running, 1)
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
    done.push(name)
  }
  for (const name of ['a', 'b', 'a', 'c']) background.add(name, work(name))
  await until(async () => done.length === 3, 10_000)
  background.add('a', work('again'))
  await until(async () => done.length === 4, 10_000)
  assert.deepEqual(done, ['a', 'b', 'c', 'again'])
})

test('closed, it ends what it does, and begins nothing', async () => {
  const background = new Background(0)
  const done: string[] = []
  const held = Promise.withResolvers<void>()
  let begun = false
  background.add('first', async () => {
    begun = true
    await held.promise
    done.push('first')
  })
  background.add('second', async () => void done.push('second'))
  await until(async () => begun, 10_000)
  background.close()
  background.add('third', async () => void done.push('third'))
  held.resolve()
  await background.settled()
  assert.deepEqual(done, ['first'])
})
