import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asString, jsonProblem, parseKeepingText, prettyJson } from '../../web/src/lib/json-text.ts'

const VALUE: ReadonlySet<string> = new Set(['value'])

test('a kept value is the server’s own text: large numbers, 1.0, key order and escapes stay', () => {
  for (const value of [
    '9223372036854775808',
    '1.0',
    '-0.0',
    '1E400',
    '{"2": 1.0, "1": [1, {"x": "}]"}]}',
    '"\\u0000\\"}"',
    '[]',
    '{}',
    'true',
    '""',
  ]) {
    const text = `{"data": [ {"key":"a\\\\","value": ${value} ,"secret":false}, {"value":null} ] , "next_cursor":null}`
    assert.deepEqual(parseKeepingText(text, VALUE), {
      data: [{ key: 'a\\', value, secret: false }, { value: null }],
      next_cursor: null,
    })
  }
})

test('without kept members it reads as JSON.parse does', () => {
  const text = ' {"a":[1,2.5,{"b":[]},"c,]}"],"d":{"e":null,"f":false},"g":"\\u00e9"} '
  assert.deepEqual(parseKeepingText(text, new Set()), JSON.parse(text))
})

test('text that is not JSON is refused', () => {
  for (const text of ['', '{', '{"value": NaN}', '{"value": 1,}', '[1 2]', "{'value': 1}"]) {
    assert.throws(() => parseKeepingText(text, VALUE), SyntaxError)
    assert.notEqual(jsonProblem(text), null)
  }
})

test('indenting changes nothing but white space', () => {
  const text = '{"2":1.0,"1":[1,{"x":"}]\\n"}],"e":{},"f":[],"g":9223372036854775808}'
  const pretty = prettyJson(text)
  assert.match(pretty, /"2": 1\.0,\n/)
  assert.equal(pretty.replaceAll(/\n\s*|(?<=:) /g, ''), text)
  assert.equal(prettyJson('not json'), 'not json')
})

test('a JSON string is distinguished from every other value', () => {
  assert.equal(asString('"\\u0041"'), 'A')
  for (const text of ['1', 'null', '["a"]', 'true']) assert.equal(asString(text), null)
})

test('strings of many millions of characters are read: large uploads are one string', () => {
  for (const character of ['a', '\n']) {
    const body = character.repeat(9_000_000)
    assert.deepEqual(parseKeepingText(JSON.stringify({ body }), VALUE), { body })
    assert.equal(JSON.parse(prettyJson(JSON.stringify([body])))[0].length, body.length)
  }
})
