import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asString, jsonProblem } from '../../web/src/lib/json-text.ts'

test('text that is not JSON has a problem', () => {
  for (const text of ['', '{', '{"value": NaN}', '{"value": 1,}', '[1 2]', "{'value': 1}"]) {
    assert.notEqual(jsonProblem(text), null)
  }
})

test('a JSON string is distinguished from every other value', () => {
  assert.equal(asString('"\\u0041"'), 'A')
  for (const text of ['1', 'null', '["a"]', 'true']) assert.equal(asString(text), null)
})
