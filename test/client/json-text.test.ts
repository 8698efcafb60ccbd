import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJson, stringifyJson } from '../../client/json-text.ts'

const TREE = { data: { '*': { value: true } } } as const

test('named members are text, and all others are values', () => {
  const text = ' {"data": [ {"value": {"a": [1.0, 1e400]} , "n": 1.0}, {"value":null}, {"value":"x"} ], "value": 1.0} '
  assert.deepEqual(parseJson(text, TREE), {
    data: [{ value: '{"a": [1.0, 1e400]}', n: 1 }, { value: null }, { value: '"x"' }],
    value: 1,
  })
})

test('members of the same name elsewhere are values', () => {
  const text = '{"value": 1.0, "data": [[{"value": 2.0}], {"data": {"value": 3.0}}]}'
  assert.deepEqual(parseJson(text, TREE), { value: 1, data: [[{ value: 2 }], { data: { value: 3 } }] })
})

test('names that objects have by themselves are only names', () => {
  const parsed = parseJson('{"__proto__": 1.0, "constructor": {"value": 1.0}}', { value: true })
  assert.deepEqual(Object.entries(parsed as object), [
    ['__proto__', 1],
    ['constructor', { value: 1 }],
  ])
})

test('what is not JSON is refused both ways', () => {
  for (const text of ['', '{', '{"data": [}', 'NaN']) assert.throws(() => parseJson(text, TREE), SyntaxError)
  assert.throws(() => stringifyJson({ data: [{ value: '1, "b": 2' }] }, TREE), SyntaxError)
})

test('any JSON is read as JSON.parse reads it, and what was text is written as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (value, other) => {
      const text = JSON.stringify({ data: [{ value, other }], more: value })
      const parsed = parseJson(text, TREE)
      const expected = value === null ? null : JSON.stringify(value)
      assert.deepEqual(parsed, JSON.parse(JSON.stringify({ data: [{ value: expected, other }], more: value })))
      assert.equal(stringifyJson(parsed, TREE), text)
    }),
  )
})
