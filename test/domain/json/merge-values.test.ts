import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Atomic, mergeValues } from '../../../src/domain/json/merge-values.ts'

type Texts = readonly [base: string | null, mine: string | null, theirs: string | null]

function merge([base, mine, theirs]: Texts, atomic?: Atomic): readonly [string | null, ...string[]] {
  const { value, conflicts } = mergeValues({ base, mine, theirs }, atomic)
  return [value, ...conflicts.map((path) => path.join('.'))]
}

test('objects that changed at different keys hold both changes', () => {
  assert.deepEqual(merge(['{"a":1}', '{"a":1,"b":2}', '{"a":1,"c":3}']), ['{"a":1,"c":3,"b":2}'])
  assert.deepEqual(merge(['{"a":1,"b":2}', '{"b":2}', '{"a":1,"b":3}']), ['{"b":3}'])
  assert.deepEqual(merge([null, '{"a":1}', '{"b":2}']), ['{"b":2,"a":1}'])
  assert.deepEqual(merge(['{"x":{"y":{}}}', '{"x":{"y":{"a":1}}}', '{"x":{"y":{"b":1},"z":0}}']), [
    '{"x":{"y":{"b":1,"a":1},"z":0}}',
  ])
})

test('a value that both changed differently is a conflict, and the later commit wins', () => {
  assert.deepEqual(merge(['1', '2', '3']), ['2', ''])
  assert.deepEqual(merge(['1', null, '3']), [null, ''])
  assert.deepEqual(merge(['{"a":1}', '{"a":2}', '[1]']), ['{"a":2}', ''])
  assert.deepEqual(merge(['{"a":1,"b":[]}', '{"a":2,"b":[1]}', '{"a":3,"b":[2],"c":0}']), [
    '{"a":2,"b":[1],"c":0}',
    'a',
    'b',
  ])
  assert.deepEqual(merge(['{"a":1}', '{}', '{"a":2}']), ['{}', 'a'])
})

test('the same change of both is no conflict', () => {
  assert.deepEqual(merge(['{"a":1}', '{"a":2}', '{"a":2}']), ['{"a":2}'])
  assert.deepEqual(merge(['{"a":1}', '{}', '{}']), ['{}'])
})

test('numbers, key order and escapes stay exact', () => {
  const base = '{"10": 9223372036854775808, "9": 1.0, "\\u00e9": "\\u00e9", "b": "a\\"},{"}'
  const mine = '{"10":9223372036854775808,"9":1.0,"é":"é","b":"a\\"},{","__proto__":{}}'
  const theirs = '{"10":9223372036854775808,"9":1.0,"é":"è","b":"a\\"},{"}'
  assert.deepEqual(merge([base, mine, theirs]), [
    '{"10":9223372036854775808,"9":1.0,"é":"è","b":"a\\"},{","__proto__":{}}',
  ])
})

test('increments add up, exactly for integers', () => {
  assert.deepEqual(merge(['1', '2', '5'], 'counter'), ['6'])
  assert.deepEqual(merge([null, '1', '1'], 'counter'), ['2'])
  assert.deepEqual(merge(['9007199254740993', '9007199254740992', '9007199254740995'], 'counter'), ['9007199254740994'])
  assert.deepEqual(merge(['1.0', '2.0', '5.0'], 'counter'), ['6.0'])
  assert.deepEqual(merge(['0.5', '0.75', '1'], 'counter'), ['1.25'])
  assert.deepEqual(merge(['1', '2', '"five"'], 'counter'), ['2', ''])
  assert.deepEqual(merge(['1', '2', null], 'counter'), ['2', ''])
  assert.deepEqual(merge(['1e308', '1.7e308', '1.7e308'], 'counter'), ['1.7e308', ''])
})

test('lists that are used as sets hold what both added, without what either removed', () => {
  assert.deepEqual(merge(['["a"]', '["a","b"]', '["a","c"]'], 'set'), ['["a","c","b"]'])
  assert.deepEqual(merge([null, '["b"]', '["b","c"]'], 'set'), ['["b","c"]'])
  assert.deepEqual(merge(['["a","b"]', '["b"]', '["a","b","c"]'], 'set'), ['["b","c"]'])
  assert.deepEqual(merge(['[]', '[{"x": 1}]', '[[1,2],"]"]'], 'set'), ['[[1,2],"]",{"x":1}]'])
  assert.deepEqual(merge(['["a"]', '["a","b"]', '{}'], 'set'), ['["a","b"]', ''])
})

test('an entry that a run put wins over one of another run, and is no conflict', () => {
  assert.deepEqual(merge(['{"a":1}', '{"a":2}', '{"a":3,"b":4}'], 'map'), ['{"a":2,"b":4}'])
  assert.deepEqual(merge(['{}', '{"a":{"x":1}}', '{"a":{"y":1}}'], 'map'), ['{"a":{"x":1}}'])
  assert.deepEqual(merge(['{}', '{"a":2}', '7'], 'map'), ['{"a":2}', ''])
})

test('random changes of different keys are all kept', () => {
  for (let round = 0; round < 200; round += 1) {
    const keys = Array.from({ length: 12 }, (_, index) => `k${(round * 7 + index * 5) % 40}`)
    const base = Object.fromEntries(keys.slice(0, 6).map((key, index) => [key, { n: index, s: '{"[' }]))
    const mine: Record<string, unknown> = { ...base, mine: [round] }
    const theirs: Record<string, unknown> = { ...base, theirs: { round } }
    delete mine[keys[0] ?? '']
    delete theirs[keys[1] ?? '']
    const expected: Record<string, unknown> = { ...base, mine: [round], theirs: { round } }
    for (const key of keys.slice(0, 2)) delete expected[key]
    const { value, conflicts } = mergeValues({
      base: JSON.stringify(base, null, 2),
      mine: JSON.stringify(mine),
      theirs: JSON.stringify(theirs),
    })
    assert.deepEqual([JSON.parse(value ?? ''), conflicts], [expected, []])
  }
})
