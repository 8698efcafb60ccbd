import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTraceparent } from '../../../src/domain/runs/trace.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const CALLER = '00f067aa0ba902b7'

const parse = (value: string) => parseTraceparent([['Traceparent', value]])

test('Z3-39 a traceparent of version 00 with more fields is not continued', () => {
  assert.equal(parse(`00-${TRACE}-${CALLER}-01-more`), null)
  assert.equal(parse(`00-${TRACE}-${CALLER}-01-`), null)
})

test('a traceparent of version 00, and of a later version with more fields, is continued', () => {
  const continued = { traceId: TRACE, parentId: CALLER }
  assert.deepEqual(parse(`00-${TRACE}-${CALLER}-01`), continued)
  assert.deepEqual(parse(`01-${TRACE}-${CALLER}-01`), continued)
  assert.deepEqual(parse(`cc-${TRACE}-${CALLER}-01-more-of-it`), continued)
  assert.equal(parse(`cc-${TRACE}-${CALLER}-01.more`), null)
  assert.equal(parse(`ff-${TRACE}-${CALLER}-01`), null)
})
