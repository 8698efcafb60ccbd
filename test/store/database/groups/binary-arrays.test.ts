import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeArray } from '../../../../src/store/database/groups/binary-arrays.ts'

/** https://www.postgresql.org/docs/current/protocol-overview.html: dimensions, whether there are nulls, type; then each dimension. */
const header = (type: number, length: number, nulls: number): string =>
  [1, nulls, type, length, 1].map((part) => part.toString(16).padStart(8, '0')).join('')

test('an array is one dimension of values with their lengths, and -1 for null', () => {
  assert.equal(encodeArray('text', ['ü', null, '']).toString('hex'), `${header(25, 3, 1)}00000002c3bcffffffff00000000`)
  assert.equal(encodeArray('bytea', [Uint8Array.of(0, 255)]).toString('hex'), `${header(17, 1, 0)}0000000200ff`)
  assert.equal(encodeArray('int4', [-1, 7]).toString('hex'), `${header(23, 2, 0)}00000004ffffffff0000000400000007`)
  assert.equal(encodeArray('int8', [2 ** 40]).toString('hex'), `${header(20, 1, 0)}000000080000010000000000`)
})

test('a value of another type, or beyond its range, is refused', () => {
  assert.throws(() => encodeArray('text', [Uint8Array.of(1)]), TypeError)
  assert.throws(() => encodeArray('int4', [2 ** 40]), RangeError)
  assert.throws(() => encodeArray('int8', [1.5]), RangeError)
})
