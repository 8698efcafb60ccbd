import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseSettingsEnv, writeSettingsEnv } from '../../../src/domain/folders/settings-env.ts'
import { SEED } from '../../helpers/seed.ts'

const parse = (text: string) => parseSettingsEnv(text).map(({ key, value, secret }) => [key, value, secret])

test('any keys and values come back as they were, on one line each', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', ' ', '#', 'a #b', "'", '"', '\\n', '\ud800'),
  )
  const value = fc.oneof(
    text.map((one) => JSON.stringify(one)),
    fc.json(),
    fc.constantFrom('9223372036854775808', '1.0', '{\n "a" : 1}', 'null', '[1, "x #y"]'),
  )
  const settings = fc.uniqueArray(fc.record({ key: text, value, secret: fc.boolean() }), { selector: ({ key }) => key })
  fc.assert(
    fc.property(settings, (given) => {
      const written = writeSettingsEnv(given)
      const expected = given.map(({ key, value: json, secret }) => {
        const parsed: unknown = JSON.parse(json)
        return [key, secret ? null : typeof parsed === 'string' ? JSON.stringify(parsed) : json, secret]
      })
      assert.deepEqual(parse(written), expected)
      assert.equal(writeSettingsEnv(parseSettingsEnv(written)), written)
      assert.equal(written.split('\n').length, given.length + 2)
    }),
    { seed: SEED },
  )
})

const LINES: Readonly<Record<string, readonly (readonly [string, string | null, boolean])[]>> = {
  'A=1': [['A', '"1"', false]],
  'A=': [['A', '""', false]],
  '  export A = b c  ': [['A', '"b c"', false]],
  'A=b # secret': [['A', '"b"', true]],
  'A= # Secret: of the ATS': [['A', null, true]],
  'A= # secretary': [['A', '""', false]],
  'A=# secret': [['A', null, true]],
  'A={"b": 1} # secret json': [['A', '{"b": 1}', true]],
  'A=https://x/#y': [['A', '"https://x/#y"', false]],
  'A=b=c': [['A', '"b=c"', false]],
  "A='$B # c' # d": [['A', '"$B # c"', false]],
  'A="a\\nb"': [['A', '"a\\nb"', false]],
  '"a b"=c': [['a b', '"c"', false]],
  '# A=1': [],
  'A=1\r\nB=2': [
    ['A', '"1"', false],
    ['B', '"2"', false],
  ],
}

for (const [text, expected] of Object.entries(LINES)) {
  test(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(parse(text), expected))
}

const WRONG: Readonly<Record<string, RegExp>> = {
  A: /line 1: expected NAME=value, found A\.$/,
  '=b': /NAME=value/,
  'A B=c': /NAME=value/,
  '\nA="b': /line 2: expected a quoted value/,
  'A="b" c': /quoted value/,
  'A="\\x"': /escapes/,
  'A=b # json': /expected JSON/,
  'A=1\nA=2': /line 2: expected each name once, found "A" again/,
}

for (const [text, detail] of Object.entries(WRONG)) {
  test(`refuses ${JSON.stringify(text)}`, () =>
    assert.throws(() => parseSettingsEnv(text), { code: 'invalid_archive', message: detail }))
}

test('Z3-03 a million blanks in settings.env hold nothing', () => {
  const blanks = ' '.repeat(1_000_000)
  const before = process.cpuUsage()
  assert.deepEqual(parse(`A=x${blanks}y`), [['A', JSON.stringify(`x${blanks}y`), false]])
  assert.deepEqual(parse(`A=x${blanks}# secret`), [['A', '"x"', true]])
  const { user } = process.cpuUsage(before)
  assert.ok(user < 500_000, `${user} µs of processor time`)
})

test('Z3-03 a line has at most 1 MiB, and the file at most 8 MiB', () => {
  const line = `A=${'x'.repeat(1024 * 1024 - 2)}`
  assert.equal(parse(line).length, 1)
  assert.throws(() => parse(`\n${line}x`), { message: /line 2: expected at most 1048576 characters, found 1048577/ })
  assert.throws(() => parse('\n'.repeat(8 * 1024 * 1024 + 1)), { message: /expected at most 8388608 characters/ })
})

test('Z3-03 the largest settings that a workflow may have come back', () => {
  const keys = Array.from({ length: 1000 }, (_, index) => `${'\u0001'.repeat(1020)}${index}`)
  const values = Array.from({ length: 4 }, (_, index) => ({ key: `v${index}`, value: `["${'\\\\'.repeat(131_000)}"]` }))
  for (const given of [keys.map((key) => ({ key, value: '1' })), values]) {
    const settings = given.map((setting) => ({ ...setting, secret: false }))
    assert.deepEqual(parseSettingsEnv(writeSettingsEnv(settings)), settings)
  }
})

test('Z3-32 a value that holds a secret is withheld, and read as no value', () => {
  const withheld = { key: 'copy', value: null, secret: false }
  const text = writeSettingsEnv([withheld])
  assert.match(text, /^copy= # withheld$/m)
  assert.deepEqual(parseSettingsEnv(text), [withheld])
  assert.deepEqual(parseSettingsEnv('copy=x # withheld\n'), [{ key: 'copy', value: '"x"', secret: false }])
})
