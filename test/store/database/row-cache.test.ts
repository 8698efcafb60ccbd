import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRowCache } from '../../../src/store/database/row-cache.ts'

function open(maxSize: number) {
  let version = '1'
  let reads = 0
  const marks = {
    of: async () => ({ workflow: version, settings: 'other' }),
    begin: () => {
      const before = version
      return () => before
    },
    note: () => {},
    noted: () => null,
  }
  const cached = createRowCache<string>({ marks }, 'workflow', { maxSize, sizeOf: ({ length }) => length })
  return {
    setVersion: (to: string) => {
      version = to
    },
    reads: () => reads,
    get: (key: string, value: string | null, meanwhile = () => {}) =>
      cached(key, async () => {
        reads += 1
        meanwhile()
        return value === null ? null : { value, workflowId: 'wf_1', mark: '' }
      }),
  }
}

test('a value is read once for each mark', async () => {
  const { get, reads, setVersion } = open(10)
  assert.deepEqual([await get('a', 'one'), await get('a', 'two'), reads()], ['one', 'one', 1])
  setVersion('2')
  assert.deepEqual([await get('a', 'two'), await get('a', 'three'), reads()], ['two', 'two', 2])
})

test('without marks every call reads', async () => {
  const cached = createRowCache<string>({ marks: null }, 'workflow', { maxSize: 10, sizeOf: () => 1 })
  const get = (value: string) => cached('a', async () => ({ value, workflowId: 'wf_1', mark: '' }))
  assert.deepEqual([await get('one'), await get('two')], ['one', 'two'])
})

test('a value whose mark changed while it was read is read again', async () => {
  const { get, reads, setVersion } = open(10)
  await get('a', 'one', () => setVersion('2'))
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

test('a full cache drops the value that was not used for the longest time, and no other', async () => {
  const { get, reads } = open(6)
  await get('a', '12')
  await get('b', '34')
  await get('c', '56')
  await get('a', '12')
  await get('d', '78')
  assert.equal(reads(), 4)
  for (const key of ['a', 'c', 'd']) await get(key, 'xx')
  assert.equal(reads(), 4)
  await get('b', '34')
  assert.equal(reads(), 5)
})
