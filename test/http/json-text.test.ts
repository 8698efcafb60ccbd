import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memberText, RawJson, stringify } from '../../src/http/json-text.ts'

test('H28 the text of a member is taken as it stands', () => {
  const text = ' { "a" : 9223372036854775808 , "value" : {"10":1.0, "9" : [ -0.0, "}\\"]" ] } ,"z":null}'
  assert.equal(memberText(text, 'value'), '{"10":1.0, "9" : [ -0.0, "}\\"]" ] }')
  assert.equal(memberText(text, 'a'), '9223372036854775808')
  assert.equal(memberText(text, 'z'), 'null')
  assert.equal(memberText(text, '10'), undefined)
})

test('H26 of equal keys the last one counts, however it is spelled', () => {
  assert.equal(memberText('{"a":1,"\\u0061":2}', 'a'), '2')
  assert.equal(memberText('{"\\"":1}', '"'), '1')
})

test('what is no object has no members', () => {
  for (const text of ['[1]', '"a"', 'null', '{}', '1']) assert.equal(memberText(text, 'a'), undefined)
})

test('raw JSON is put into a document unchanged, everything else as JSON.stringify would', () => {
  assert.equal(
    stringify({ a: new RawJson('1.0'), b: [new RawJson('{"x":1e2}'), 'é"'], c: undefined, d: null }),
    '{"a":1.0,"b":[{"x":1e2},"é\\""],"d":null}',
  )
  const plain = { text: '\u0000\ud800', list: [1, [], {}], nested: { __proto__: null, yes: true } }
  assert.equal(stringify(plain), JSON.stringify(plain))
})
