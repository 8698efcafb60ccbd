import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReadCache } from '../../src/store/read-cache.ts'

function open(maxSize: number) {
  let version: number | null = 1
  let reads = 0
  const cached = createReadCache<string | null>({ version: () => version }, { maxSize, sizeOf: ({ length }) => length })
  return {
    setVersion: (to: number | null) => {
      version = to
    },
    reads: () => reads,
    get: (key: string, value: string | null, meanwhile = () => {}) =>
      cached(key, async () => {
        reads += 1
        meanwhile()
        return value
      }),
  }
}

test('a value is read once for each version', async () => {
  const { get, reads, setVersion } = open(10)
  assert.deepEqual([await get('a', 'one'), await get('a', 'two'), reads()], ['one', 'one', 1])
  setVersion(2)
  assert.deepEqual([await get('a', 'two'), await get('a', 'three'), reads()], ['two', 'two', 2])
})

test('without a version every call reads', async () => {
  const { get, reads, setVersion } = open(10)
  setVersion(null)
  assert.deepEqual([await get('a', 'one'), await get('a', 'two'), reads()], ['one', 'two', 2])
})

test('a value whose version ended while it was read is not kept', async () => {
  const { get, reads, setVersion } = open(10)
  await get('a', 'one', () => setVersion(2))
  assert.deepEqual([await get('a', 'two'), reads()], ['two', 2])
})

test('null is not kept', async () => {
  const { get, reads } = open(10)
  assert.deepEqual([await get('a', null), await get('a', 'one'), reads()], [null, 'one', 2])
})

test('the values together keep to the size', async () => {
  const { get, reads } = open(5)
  await get('a', '123')
  await get('b', '456')
  await get('b', '456')
  assert.equal(reads(), 2)
  await get('a', '123')
  assert.equal(reads(), 3)
  await get('long', '123456')
  await get('long', '123456')
  assert.equal(reads(), 5)
})
