class Result {
  constructor(status) {
    this.status = status
    this.reason = 'no credentials'
  }
}

class Lies {
  get status_code() {
    throw new Error('no')
  }
  get body() {
    return 'lie'
  }
}

class Hostile {
  get status() {
    throw new Error('no status')
  }
  get [Symbol.toStringTag]() {
    throw new Error('no name')
  }
}

const ok = (more = {}) => ({ status_code: 200, body: 'x', ...more })
const headers = (value) => ok({ headers: value })
const numbered = (count) => Object.fromEntries(Array.from({ length: count }, (_, number) => [`X-${number}`, 'x']))

function cycle() {
  const found = ok()
  found.self = found
  return found
}

function* generate() {
  yield 1
}

const CASES = {
  nothing: () => undefined,
  'empty text': () => '',
  list: () => [1, 2],
  number: () => 42,
  generator: () => generate(),
  coroutine: async () => ok({ body: 'awaited' }),
  plain: () => ok({ body: 'h\u00e9llo \u20ac \u{1f600}' }),
  'empty dict': () => ({}),
  'no status': () => ({ body: 'x' }),
  'no body': () => ({ status_code: 200 }),
  'status text': () => ok({ status_code: '200' }),
  'status bool': () => ok({ status_code: true }),
  'status float': () => ok({ status_code: 200.5 }),
  'status decimal': () => ok({ status_code: 200n }),
  'status none': () => ok({ status_code: null }),
  'status 99': () => ok({ status_code: 99 }),
  'status 0': () => ok({ status_code: 0 }),
  'status -1': () => ok({ status_code: -1 }),
  'status huge': () => ok({ status_code: 1e30 }),
  'status 101': () => ok({ status_code: 101 }),
  'status 199': () => ok({ status_code: 199 }),
  'status 600': () => ok({ status_code: 600 }),
  'status 599': () => ok({ status_code: 599 }),
  'status 204': () => ok({ status_code: 204 }),
  'body bytes': () => ok({ body: new Uint8Array([120]) }),
  'body dict': () => ok({ body: { a: 1 } }),
  'body none': () => ok({ body: null }),
  'body int': () => ok({ body: 1 }),
  'body 6 MiB': () => ok({ body: 'x'.repeat(6 * 1024 * 1024) }),
  'body over 6 MiB': () => ok({ body: 'x'.repeat(6 * 1024 * 1024 + 1) }),
  'body 100 MB': () => ok({ body: 'x'.repeat(100_000_000) }),
  'body surrogate': () => ok({ body: 'ab\ud800c' }),
  'body zero': () => ok({ body: 'a\0b' }),
  'header plain': () => headers({ 'X-One': '1', 'Content-Type': 'text/csv' }),
  'header list': () => headers({ 'X-Many': ['a', 'b'] }),
  'header latin': () => headers({ 'X-Name': 'caf\u00e9' }),
  'header break': () => headers({ X: 'a\r\nSet-Cookie: b' }),
  'header feed': () => headers({ X: 'a\nb' }),
  'header zero': () => headers({ X: 'a\0b' }),
  'header name empty': () => headers({ '': 'x' }),
  'header name space': () => headers({ 'X Y': 'x' }),
  'header name colon': () => headers({ 'X:': 'x' }),
  'header name feed': () => headers({ 'X\n': 'x' }),
  'header name unicode': () => headers({ 'X-\u00e9': 'x' }),
  'header int': () => headers({ X: 1 }),
  'header bool': () => headers({ X: true }),
  'header none': () => headers({ X: null }),
  'header dict': () => headers({ X: {} }),
  'header list of int': () => headers({ X: ['a', 1] }),
  'header euro': () => headers({ X: '\u20ac' }),
  'headers none': () => headers(null),
  'headers list': () => headers([['X', 'y']]),
  'headers 64': () => headers(numbered(64)),
  'headers 65': () => headers(numbered(65)),
  'headers long': () => headers({ X: 'x'.repeat(16_385) }),
  'extra keys': () => ok({ file: process.stdout, unknown: generate() }),
  cycle,
  lies: () => new Lies(),
  'failed result': () => new Result('fatal'),
  'partly failed result': () => new Result('success_with_failures'),
  'failed result as text': () => new Result('fatal'),
  'good result': () => new Result('success'),
  'hostile result': () => new Hostile(),
}

export default function workflow(request) {
  return CASES[request.case]()
}
