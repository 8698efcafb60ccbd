import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asString, jsonProblem } from '../../web/src/lib/json-text.ts'

test('text that is not JSON has a problem, with its place', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', 'Expected JSON, found nothing'],
    [' \n', 'Expected JSON, found nothing'],
    ['{', 'The JSON has no end'],
    ['{"a": [1, {"b": null}', 'The JSON has no end'],
    ['{"value": NaN}', 'Not JSON at line 1, column 11: NaN}'],
    ['{"value": 1,}', 'Not JSON at line 1, column 13: }'],
    ['[1 2]', 'Not JSON at line 1, column 4: 2]'],
    ["{'value': 1}", "Not JSON at line 1, column 2: 'value':"],
    ['{\n  "a": 1\n  "b": 2\n}', 'Not JSON at line 3, column 3: "b":'],
    ['{\n  "a": "two\nlines"}', 'Not JSON at line 2, column 8: "two'],
    ['{"a": 01}', 'Not JSON at line 1, column 8: 1}'],
    ['[1]]', 'Not JSON at line 1, column 4: ]'],
    ['[1}', 'Not JSON at line 1, column 3: }'],
    ['{]', 'Not JSON at line 1, column 2: ]'],
    ['{"a"}', 'Not JSON at line 1, column 5: }'],
    ['{"a":}', 'Not JSON at line 1, column 6: }'],
    ['[,]', 'Not JSON at line 1, column 2: ,]'],
    ['1, 2', 'Not JSON at line 1, column 2: ,'],
    ['true false', 'Not JSON at line 1, column 6: false'],
    [`[${'a'.repeat(99)}]`, `Not JSON at line 1, column 2: ${'a'.repeat(20)}`],
  ]
  for (const [text, problem] of cases) assert.equal(jsonProblem(text), problem, text)
})

test('JSON has no problem', () => {
  for (const text of ['1', '-0.5e+3', 'null', '[]', '{}', '[[], {}]', ' {"a": [true, {"b": "\\u00e9\\n"}], "c": ""} '])
    assert.equal(jsonProblem(text), null, text)
})

test('a JSON string is distinguished from every other value', () => {
  assert.equal(asString('"\\u0041"'), 'A')
  for (const text of ['1', 'null', '["a"]', 'true']) assert.equal(asString(text), null)
})
