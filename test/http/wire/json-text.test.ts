import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeLarge, RawJson, stringify } from '../../../src/http/wire/json-text.ts'

test('raw JSON is put into a document unchanged, everything else as JSON.stringify would', () => {
  assert.equal(
    stringify({ a: new RawJson('1.0'), b: [new RawJson('{"x":1e2}'), 'é"'], c: undefined, d: null }),
    '{"a":1.0,"b":[{"x":1e2},"é\\""],"d":null}',
  )
  const plain = { text: '\u0000\ud800', list: [1, [], {}], nested: { __proto__: null, yes: true } }
  assert.equal(stringify(plain), JSON.stringify(plain))
})

const MIB = 1024 * 1024
const LARGE: Readonly<Record<string, unknown>> = {
  letters: 'x'.repeat(3 * MIB),
  'JSON that is copied': new RawJson(`[${'1.0,'.repeat(MIB)}1]`),
  'many short texts': Array.from({ length: 30_000 }, (_, index) => ({ index, text: 'x'.repeat(100), none: undefined })),
  'an empty list and object in it': [[], {}, 'x'.repeat(3 * MIB), undefined],
  'what is escaped': '"\u0001é'.repeat(MIB),
  'pairs of surrogates, which are cut nowhere': `x${'\u{1f600}'.repeat(1.5 * MIB)}`,
  'halves of pairs': '\ud800'.repeat(MIB / 2),
}

for (const [name, large] of Object.entries(LARGE)) {
  test(`Z3-20 a large value is encoded in turns, as JSON.stringify would: ${name}`, async () => {
    let turns = 0
    const immediate = setImmediate(function count() {
      turns += 1
      setImmediate(count).unref()
    })
    const value = { short: 'é', none: undefined, long: [large, null], raw: new RawJson('1.0') }
    const bytes = await encodeLarge(value)
    clearImmediate(immediate)
    const expected = Buffer.from(stringify(value))
    assert.ok(bytes?.equals(expected))
    assert.ok(turns >= expected.length / MIB / 6, `${turns} turns`)
  })
}

test('a value that is not large is left to one turn', async () => {
  assert.equal(await encodeLarge({ list: ['x', { y: null }] }), null)
})
