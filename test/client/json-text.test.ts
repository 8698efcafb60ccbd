import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJson, prettyJson, stringifyJson } from '../../client/json-text.ts'
import { SEED } from '../helpers/seed.ts'

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
  for (const text of ['', '{', '{"value": NaN}', '{"value": 1,}', '[1 2]', "{'value': 1}"])
    assert.throws(() => parseJson(text, TREE), SyntaxError)
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
    { seed: SEED },
  )
})

test('a kept value is the server’s own text: large numbers, 1.0, key order and escapes stay', () => {
  for (const value of [
    '9223372036854775808',
    '-0.0',
    '1E400',
    '{"2": 1.0, "1": [1, {"x": "}]"}]}',
    '"\\u0000\\"}"',
    '[]',
  ]) {
    const text = `{"data": [ {"key":"a\\\\","value": ${value} ,"secret":false}, {"value":null} ] , "next_cursor":null}`
    assert.deepEqual(parseJson(text, TREE), {
      data: [{ key: 'a\\', value, secret: false }, { value: null }],
      next_cursor: null,
    })
  }
})

test('indenting changes nothing but white space', () => {
  const text = '{"2":1.0,"1":[1,{"x":"}]\\n"}],"e":{},"f":[],"g":9223372036854775808}'
  const pretty = prettyJson(text)
  assert.match(pretty, /"2": 1\.0,\n/)
  assert.equal(pretty.replaceAll(/\n\s*|(?<=:) /g, ''), text)
  assert.equal(prettyJson('not json'), 'not json')
})

test('strings of many millions of characters are read: large uploads are one string', () => {
  for (const character of ['a', '\n']) {
    const body = character.repeat(9_000_000)
    assert.deepEqual(parseJson(JSON.stringify({ body, data: [{ value: body }] }), TREE), {
      body,
      data: [{ value: JSON.stringify(body) }],
    })
    assert.equal(JSON.parse(prettyJson(JSON.stringify([body])))[0].length, body.length)
  }
})
