import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memberText, readPath } from '../../../src/domain/json/path.ts'

const read = (json: string, path: string) => readPath(Buffer.from(json), path.split('.'))

test('the value at a path comes as it was written', async () => {
  const json = ' {"a": [1.0, {"b\\u0063": 9223372036854775808}], "x":{"y" :"\\"}é"} , "n":null}'
  assert.equal(await read(json, 'a.0'), '1.0')
  assert.equal(await read(json, 'a.1.bc'), '9223372036854775808')
  assert.equal(await read(json, 'x.y'), '"\\"}é"')
  assert.equal(await read(json, 'a.1'), '{"b\\u0063": 9223372036854775808}')
  assert.equal(await read(json, 'n'), 'null')
})

test('of equal keys the last one counts', async () => {
  assert.equal(await read('{"a":1,"b":{"a":2},"a":{"id":3},"a":{"id":4}}', 'a.id'), '4')
})

test('a path that leads nowhere returns nothing', async () => {
  for (const json of ['{}', '[]', '1', '"a"', 'null', '{"b":{"a":1}}', '[1,2]', '{"a":"id"}']) {
    assert.equal(await read(json, 'a.id'), null, json)
  }
})

const LONG: Readonly<Record<string, string>> = {
  'many values': `"list":[${'{"a":[1,2,"three"]},'.repeat(200_000)}0]`,
  'Z3-20 one string': `"text":"${'x'.repeat(4 * 1024 * 1024)}"`,
  'Z3-20 one string of escapes': `"text":"${'\\"'.repeat(2 * 1024 * 1024)}"`,
  'Z3-20 one key': `"${'x'.repeat(4 * 1024 * 1024)}":0`,
}

for (const [name, members] of Object.entries(LONG)) {
  test(`a large body lets other work through: ${name}`, async () => {
    let turns = 0
    const immediate = setImmediate(function count() {
      turns += 1
      setImmediate(count).unref()
    })
    assert.equal(await read(`{${members},"id":"last"}`, 'id'), '"last"')
    clearImmediate(immediate)
    assert.ok(turns >= 5, `${turns} turns`)
  })
}

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
