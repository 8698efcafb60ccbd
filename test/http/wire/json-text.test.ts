import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RawJson, stringify } from '../../../src/http/wire/json-text.ts'

test('raw JSON is put into a document unchanged, everything else as JSON.stringify would', () => {
  assert.equal(
    stringify({ a: new RawJson('1.0'), b: [new RawJson('{"x":1e2}'), 'é"'], c: undefined, d: null }),
    '{"a":1.0,"b":[{"x":1e2},"é\\""],"d":null}',
  )
  const plain = { text: '\u0000\ud800', list: [1, [], {}], nested: { __proto__: null, yes: true } }
  assert.equal(stringify(plain), JSON.stringify(plain))
})
