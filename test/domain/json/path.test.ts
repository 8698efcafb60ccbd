import assert from 'node:assert/strict'
import { test } from 'node:test'
import { validateJson } from '../../../src/domain/json/check.ts'
import { memberText, readPath, takeOut } from '../../../src/domain/json/path.ts'

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
  'Z3-97 one number': `"number":${'1'.repeat(4 * 1024 * 1024)}`,
  'Z3-97 blanks': `"number"${' '.repeat(4 * 1024 * 1024)}:1`,
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

test('a value is taken out, and the rest is JSON with null there', async () => {
  const take = async (json: string, ...steps: string[]) => {
    const { rest, taken } = await takeOut(Buffer.from(json), steps)
    return [rest.toString(), taken?.toString() ?? null]
  }
  assert.deepEqual(await take(' {"a" : {"b": [1.0]}, "c":2}', 'a', 'b'), [' {"a" : {"b": null}, "c":2}', '[1.0]'])
  assert.deepEqual(await take('{"b":1,"b":"é"}', 'b'), ['{"b":1,"b":null}', '"é"'])
  assert.deepEqual(await take('{"c":2}', 'a', 'b'), ['{"c":2}', null])
})

test('long blanks, strings and names do not change what is found', async () => {
  const [blanks, text] = [' '.repeat(1_100_000), 'a\\"'.repeat(400_000)]
  const json = `${blanks}{${blanks}"${text}"${blanks}:${blanks}"${text}"${blanks},${blanks}"id"${blanks}:${blanks}1.0${blanks}}`
  assert.equal(await validateJson(Buffer.from(json), 10), null)
  assert.equal(await read(json, 'id'), '1.0')
  assert.equal((await validateJson(Buffer.from(`${json}x`), 10))?.at, json.length)
})
