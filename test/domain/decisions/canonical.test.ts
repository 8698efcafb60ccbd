import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson, digestOf, parseExact } from '../../../src/domain/decisions/canonical.ts'

test('the example of RFC 8785 has its canonical form', () => {
  const value = JSON.parse(
    String.raw`{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001], "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`,
  )
  assert.equal(
    canonicalJson(value),
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  )
})

test('keys are sorted by UTF-16 code units, so the order of members does not count', () => {
  const text = canonicalJson({ '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 })
  assert.deepEqual(Object.keys(JSON.parse(text)).slice(1), [
    '\r',
    '\u0080',
    '\u00f6',
    '\u20ac',
    '\ud83d\ude00',
    '\ufb33',
  ])
  assert.equal(digestOf({ a: 1, b: [2] }), digestOf({ b: [2], a: 1 }))
})

test('a number that a double cannot hold is refused, because two numbers would have one digest', () => {
  assert.throws(() => parseExact('{"id": 12345678901234567890}'), /id 12345678901234567890 is too large/)
  assert.throws(() => parseExact('1e400'), /too large/)
  assert.deepEqual(parseExact('[9007199254740991, 0.1, 1e20, -0]'), [9007199254740991, 0.1, 1e20, -0])
})

test('a lone surrogate has no canonical form', () => {
  assert.throws(() => canonicalJson('\ud800'))
})

test('a value whose keys are sorted already has the same text as with any other order', () => {
  const sorted = { A: [{ a: 1, b: null }], a: -0, aa: 'é', b: { '1': true, '10': 1e21, '2': [] } }
  const given = JSON.parse('{"b":{"10":1e21,"2":[],"1":true},"aa":"é","a":-0,"A":[{"b":null,"a":1}]}')
  assert.equal(canonicalJson(sorted), canonicalJson(given))
  assert.equal(canonicalJson(given), '{"A":[{"a":1,"b":null}],"a":0,"aa":"é","b":{"1":true,"10":1e+21,"2":[]}}')
  for (const value of [undefined, Number.NaN, { a: Number.POSITIVE_INFINITY }, ['\ud800'], { '\ud800': 1 }])
    assert.throws(() => canonicalJson(value))
})
