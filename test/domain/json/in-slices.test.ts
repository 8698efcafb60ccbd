import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inSlices } from '../../../src/domain/json/in-slices.ts'

test('Z3-97 one turn of the event loop has one slice, however many computations there are', async () => {
  let turn = 0
  const immediate = setImmediate(function count() {
    turn += 1
    setImmediate(count).unref()
  })
  const turns: number[] = []
  function* work(slices: number) {
    for (let slice = 0; slice < slices; slice += 1) {
      yield
      turns.push(turn)
    }
    return slices
  }
  assert.deepEqual(await Promise.all([3, 1, 3].map((slices) => inSlices(work(slices)))), [3, 1, 3])
  clearImmediate(immediate)
  assert.equal(new Set(turns).size, 7, `turns ${turns}`)
})

test('a computation that fails does not stop the others', async () => {
  function* fail(): Generator<void, number> {
    yield
    throw new Error('it failed')
  }
  function* work() {
    yield
    yield
    return 1
  }
  const [failed, done] = await Promise.allSettled([inSlices(fail()), inSlices(work())])
  assert.equal(failed.status, 'rejected')
  assert.deepEqual(done, { status: 'fulfilled', value: 1 })
})
