import { deepStrictEqual as deepEqual } from 'node:assert'
import { inspect } from 'node:util'

const put =
  (value, key = 'key') =>
  (settings) => {
    settings[key] = value
  }

function nested(depth) {
  let value = []
  for (let level = 1; level < depth; level += 1) value = [value]
  return value
}

const numbered = (count, value) =>
  Object.fromEntries(Array.from({ length: count }, (_, number) => [`key${number}`, value]))

class Own {
  a = 1
}

const CASES = {
  nothing: () => {},
  operates: (settings) => {
    deepEqual([settings.increment('n'), settings.increment('n', 2), settings.increment('sum', 0.5)], [2, 4, 0.5])
    deepEqual([settings.add('list', 'a'), settings.add('list', 'a'), settings.add('list', { b: 1 })], [true, false, true])
    deepEqual([settings.discard('list', 'a'), settings.discard('gone', 'a')], [true, false])
    settings.putIn('map', '__proto__', 1)
    settings.putIn('deep', 'a', 2)
    settings.text = 'w'
  },
  'stays a dict': (settings) => {
    settings.increment('n')
    const plain = { n: 2, text: 'v', deep: { a: 1, b: [] }, exact: settings.exact, __workflow_id: 'wf_1' }
    for (const other of [settings, { ...settings }, Object.assign({}, settings), structuredClone(settings)]) {
      deepEqual(other, plain)
    }
    deepEqual([JSON.stringify(settings), inspect(settings)], [JSON.stringify(plain), inspect(plain)])
    // A setting may have the name of an operation.
    settings.add = 1
    deepEqual(JSON.stringify(settings), JSON.stringify({ ...plain, add: 1 }))
    delete settings.add
  },
  'adds to a text': (settings) => settings.increment('text'),
  'adds True': (settings) => settings.increment('n', true),
  'adds to no list': (settings) => settings.add('n', 1),
  'puts in no dict': (settings) => settings.putIn('n', 'a', 1),
  counts: (settings) => {
    settings.n += 1
  },
  copies: (settings) => {
    settings.copy = settings.text
  },
  'same value': put('v', 'text'),
  datetime: put(new Date()),
  bytes: put(new Uint8Array([1])),
  set: put(new Set([1])),
  decimal: put(1n),
  object: put(new Own()),
  lambda: put(() => 1),
  'nested set': put({ a: [{ b: new Set([1]) }] }),
  nan: put(Number.NaN),
  infinity: put([Number.NEGATIVE_INFINITY]),
  cycle: (settings) => {
    const value = {}
    value.self = value
    settings.key = value
  },
  'depth 200': put(nested(200)),
  'depth 202': put(nested(203)),
  'long text': put('x'.repeat(10_000_000)),
  'limit text': put('x'.repeat(256 * 1024 - 2)),
  'many keys': (settings) => void Object.assign(settings, numbered(100_000, 'x'.repeat(20))),
  'too many keys': (settings) => void Object.assign(settings, numbered(1001, 1)),
  'too many changes': (settings) => void Object.assign(settings, numbered(501, 1)),
  'most changes': (settings) => void Object.assign(settings, numbered(500, '\u00e9'.repeat(900))),
  surrogate: put('a\ud800'),
  'surrogate key': put(1, '\ud800'),
  deletes: (settings) => {
    delete settings.text
  },
  clears: (settings) => {
    for (const key of Object.keys(settings)) delete settings[key]
  },
  rebinds: (settings) => {
    settings = {}
    settings.lost = 1
  },
  'nested change': (settings) => {
    settings.deep.b.push(1)
  },
  'odd keys': (settings) => {
    for (const [key, value] of [
      ['__proto__', 1],
      ['constructor', 2],
      ['', 3],
      ['\u{1f600}', 4],
      ['__incremental', 'enable'],
    ])
      Object.defineProperty(settings, key, { value, enumerable: true, configurable: true, writable: true })
  },
  'long key': put(1, 'k'.repeat(1025)),
  'workflow id': put('forged', '__workflow_id'),
  'then raises': (settings) => {
    settings.n = 9
    throw new Error('then')
  },
}

export default function workflow(request, settings) {
  CASES[request.case](settings)
}
