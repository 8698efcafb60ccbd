import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memberText } from '../../src/domain/json.ts'

test('H28 the text of a member is returned unchanged', () => {
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
