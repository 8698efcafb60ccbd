import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyInBody, keyInHeader, parseKeySource } from '../../../src/domain/hooks/idempotency.ts'

const inHeader = (...values: string[]) =>
  keyInHeader(
    values.map((value) => ['idempotency-KEY', value] as const),
    'Idempotency-Key',
  )

test('a quoted key, one with parameters and a bare one are the same key', () => {
  for (const value of ['"a1"', '"a1";v=2', '"a1" ; v', 'a1', '  a1 ']) assert.deepEqual(inHeader(value), { key: 'a1' })
  assert.deepEqual(inHeader(String.raw`"say \"hi\" \\"`), { key: String.raw`say "hi" \ `.trim() })
})

test('a header that is not there is no key, and what is no key is a problem', () => {
  assert.deepEqual(inHeader(), { key: null })
  for (const values of [['"open'], ['"a"b'], ['""'], [''], ['a', 'b'], ['x'.repeat(256)], [String.raw`"a\n"`]]) {
    assert.ok('problem' in inHeader(...values), values.join())
  }
})

test('a text or a number of the body is a key, anything else is none', () => {
  assert.deepEqual(keyInBody('"evt_1"', 'id'), { key: 'evt_1' })
  assert.deepEqual(keyInBody('9223372036854775808', 'id'), { key: '9223372036854775808' })
  for (const json of [null, 'true', 'null', '{}', '[1]']) assert.deepEqual(keyInBody(json, 'id'), { key: null })
  assert.ok('problem' in keyInBody('""', 'id'))
})

test('a key source that is not valid is refused, and the error says why', () => {
  assert.deepEqual(parseKeySource({ from: 'header', name: 'webhook-id' }), { from: 'header', name: 'webhook-id' })
  assert.deepEqual(parseKeySource({ from: 'header' }), { from: 'header', name: 'Idempotency-Key' })
  assert.deepEqual(parseKeySource({ from: 'body', path: 'event.0.id' }), { from: 'body', path: 'event.0.id' })
  assert.throws(() => parseKeySource({ from: 'header', name: 'a b' }), /"a b"/)
  for (const path of ['a..b', '.', `a${'.a'.repeat(10)}`]) {
    assert.throws(() => parseKeySource({ from: 'body', path }), /idempotency\.path: expected/, path)
  }
})
