import assert from 'node:assert/strict'
import { test } from 'node:test'
import { validateJson, validateShortJson } from '../../../src/domain/json/check.ts'

const MIB = 1024 * 1024

const PIECES = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ',',
  ':',
  ':',
  '"a"',
  '"',
  '\\u00e9',
  '\\',
  '1',
  '-0',
  '01',
  '1.',
  '1e5',
  '1E+',
  'true',
  'nul',
  'null',
  ' ',
  '\n',
  '"\\n"',
  '"\\x"',
  'é',
  '-',
  '.5',
  '"\t"',
  'NaN',
  '\u0001',
  '"\\u12"',
  '"\\ud800"',
]

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** A fixed sequence: a failure must come again. */
function createDice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

test('it agrees with JSON.parse on 100,000 made-up texts', () => {
  const roll = createDice(7)
  let valid = 0
  for (let round = 0; round < 100_000; round += 1) {
    const text = Array.from({ length: 1 + roll(8) }, () => PIECES[roll(PIECES.length)]).join('')
    const expected = isJson(text)
    if (expected) valid += 1
    assert.equal(validateShortJson(Buffer.from(text), 200) === null, expected, JSON.stringify(text))
  }
  assert.ok(valid > 1000, `only ${valid} texts were JSON`)
})

test('H29 it refuses what nests deeper than the limit, of objects and arrays alike', () => {
  const nested = (depth: number) => Buffer.from(`${'[{"a":'.repeat(depth / 2)}0${'}]'.repeat(depth / 2)}`)
  assert.equal(validateShortJson(nested(200), 200), null)
  assert.deepEqual(validateShortJson(nested(202), 200), { at: 600, message: 'it nests deeper than 200', isDepth: true })
})

/** 8 MiB each. */
const LONG: Readonly<Record<string, string>> = {
  'H30 many values': `[${'{"key":"value"},'.repeat(512 * 1024)}1]`,
  'Z3-20 one string': `["${'x'.repeat(8 * MIB)}"]`,
  'Z3-20 one string of escapes': `["${'\\u0041'.repeat((8 * MIB) / 6)}"]`,
  'Z3-20 one key': `{"${'x'.repeat(8 * MIB)}": 1}`,
  'Z3-20 blanks after a key': `{"key"${' '.repeat(8 * MIB)}: 1}`,
  'Z3-20 blanks': ' '.repeat(8 * MIB),
}

for (const [name, text] of Object.entries(LONG)) {
  test(`${name}: checking a long text yields to other work`, async () => {
    let turns = 0
    const immediate = setImmediate(function count() {
      turns += 1
      setImmediate(count).unref()
    })
    const problem = await validateJson(Buffer.from(text), 200)
    clearImmediate(immediate)
    assert.deepEqual(
      problem,
      name.endsWith('blanks') ? { at: 8 * MIB, message: 'expected a value, found the end of the body' } : null,
    )
    assert.ok(turns >= 10, `${turns} turns`)
  })
}

test('Z3-20 what is wrong after a pause in a string is found', async () => {
  const text = Buffer.from(`["${'\\u0041'.repeat(MIB / 6)}\\x"]`)
  assert.deepEqual(await validateJson(text, 200), {
    at: text.length - 4,
    message: 'a backslash in a string begins no valid escape',
  })
})

test('an integer with more digits than Python takes is refused, a fraction or a power of ten is not', () => {
  const digits = '7'.repeat(4300)
  for (const text of [digits, `-${digits}`, `1${digits}.5`, `1${digits}e1`, `0.${digits}7`])
    assert.equal(validateShortJson(Buffer.from(text), 200), null)
  for (const text of [`1${digits}`, `-1${digits}`]) {
    const found = validateShortJson(Buffer.from(`[1, ${text}]`), 200)
    assert.deepEqual(found, { at: 4, message: 'an integer has more than 4300 digits' })
  }
})

test('it says where and what', () => {
  const cases: Readonly<Record<string, string>> = {
    '{"a" 1}': 'expected a colon after the key, found "1"',
    '[1 2]': 'expected a comma or the end of the object or array, found "2"',
    '{"a":undefined}': 'expected a value, found "undefined"',
    '"abc': 'a string is not closed',
    '"a\nb"': 'a control character in a string must be escaped',
    '[1,]': 'expected a value, found "]"',
    '{"a":1]': 'expected a comma or the end of the object or array, found "]"',
  }
  for (const [text, message] of Object.entries(cases))
    assert.equal(validateShortJson(Buffer.from(text), 200)?.message, message)
})
