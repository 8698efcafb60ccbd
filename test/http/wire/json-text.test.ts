import assert from 'node:assert/strict'
import { test } from 'node:test'
import { escapeLongTexts, RawJson, stringify } from '../../../src/http/wire/json-text.ts'

test('raw JSON is put into a document unchanged, everything else as JSON.stringify would', () => {
  assert.equal(
    stringify({ a: new RawJson('1.0'), b: [new RawJson('{"x":1e2}'), 'é"'], c: undefined, d: null }),
    '{"a":1.0,"b":[{"x":1e2},"é\\""],"d":null}',
  )
  const plain = { text: '\u0000\ud800', list: [1, [], {}], nested: { __proto__: null, yes: true } }
  assert.equal(stringify(plain), JSON.stringify(plain))
})

const MIB = 1024 * 1024
const LONG: Readonly<Record<string, string>> = {
  letters: 'x'.repeat(3 * MIB),
  'what is escaped': '"\u0001é'.repeat(MIB),
  'pairs of surrogates, which are cut nowhere': `x${'\u{1f600}'.repeat(1.5 * MIB)}`,
  'halves of pairs': '\ud800'.repeat(MIB / 2),
}

for (const [name, text] of Object.entries(LONG)) {
  test(`Z3-20 a long text is escaped in turns, as JSON.stringify would: ${name}`, async () => {
    let turns = 0
    const immediate = setImmediate(function count() {
      turns += 1
      setImmediate(count).unref()
    })
    const value = { short: 'é', long: [text, null], raw: new RawJson('1.0') }
    const escaped = await escapeLongTexts(value)
    clearImmediate(immediate)
    assert.ok(stringify(escaped) === stringify(value))
    assert.ok(turns >= text.length / MIB, `${turns} turns`)
  })
}

test('a value without long texts is returned as it is', async () => {
  const value = { list: ['x', { y: null }] }
  assert.equal(await escapeLongTexts(value), value)
})
