import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { HeaderPairs } from '../../src/domain/shared/headers.ts'
import { functionSource, type JobOptions, listPythons, makeJob, openPool } from '../helpers/pool.ts'

const pool = await openPool({ spares: false })
after(() => pool.close())
const source = functionSource('describes_its_request')
const JSON_TYPE: HeaderPairs = [['Content-Type', 'application/json']]

type Description = {
  readonly is_dict: boolean
  readonly fields: Record<string, unknown>
  readonly order: readonly string[]
  readonly types: Record<string, string>
  readonly copy: boolean
  readonly headers: Record<string, string>
  readonly body: number
  readonly is_bytes: boolean
  readonly query: Record<string, unknown>
  readonly method: string
  readonly url: string
  readonly asked: Record<string, readonly [boolean, unknown, unknown]>
  readonly in_headers: Record<string, readonly [boolean, unknown, unknown]>
}

for (const { name: runtime } of listPythons(pool)) {
  const execute = (job: JobOptions, ask: readonly string[]) =>
    pool.execute(
      makeJob({ source, runtime, settings: new Map([['ask', JSON.stringify(JSON.stringify(ask))]]), ...job }),
    )
  const describeRequest = async (job: JobOptions, ask: readonly string[] = []): Promise<Description> => {
    const { response, message, traceback } = await execute(job, ask)
    assert.ok(response, `${message}\n${traceback}`)
    return JSON.parse(response.body)
  }

  describe(`the request on ${runtime}`, () => {
    test('is one flat dict of fields and headers, each key once', async () => {
      const seen = await describeRequest({
        headers: [...JSON_TYPE, ['HTTP-HRFLOW-SIGNATURE', 'abc']],
        body: '{"file_url": "x", "n": 1}',
      })
      assert.equal(seen.is_dict, true)
      assert.deepEqual(seen.fields, {
        'Content-Type': 'application/json',
        'HTTP-HRFLOW-SIGNATURE': 'abc',
        file_url: 'x',
        n: 1,
      })
      assert.deepEqual(seen.order, ['Content-Type', 'HTTP-HRFLOW-SIGNATURE', 'file_url', 'n'])
      assert.equal(seen.copy, true)
      assert.deepEqual([seen.method, seen.url, seen.is_bytes, seen.body], ['POST', '/hooks/key', true, 25])
    })

    test('H45: a header is found in any case, by [], in and get; a missing key is a KeyError', async () => {
      const asks = ['content-type', 'CONTENT-TYPE', 'Content-Type', 'missing']
      const seen = await describeRequest({ body: '{}' }, asks)
      for (const spelling of asks.slice(0, 3)) {
        assert.deepEqual(seen.asked[spelling], [true, 'application/json', 'application/json'])
        assert.deepEqual(seen.in_headers[spelling], [true, 'application/json', 'application/json'])
      }
      assert.deepEqual(seen.asked.missing, [false, 'KeyError', 'default'])
    })

    test('a header whose name asked for is a plain lower-case word is found only as it was sent', async () => {
      const headers: HeaderPairs = [...JSON_TYPE, ['Accept', '*/*'], ['origin', 'sent']]
      const seen = await describeRequest({ headers, body: '{}' }, ['accept', 'Accept', 'ACCEPT', 'origin'])
      assert.deepEqual(seen.asked.accept, [false, 'KeyError', 'default'])
      assert.deepEqual(seen.in_headers.accept, [true, '*/*', '*/*'])
      for (const spelling of ['Accept', 'ACCEPT']) assert.deepEqual(seen.asked[spelling], [true, '*/*', '*/*'])
      assert.deepEqual(seen.asked.origin, [true, 'sent', 'sent'])
    })

    test('H44: a field wins over a header of its very spelling, and headers keep what was sent', async () => {
      const headers: HeaderPairs = [...JSON_TYPE, ['X-Key', 'header']]
      const seen = await describeRequest({ headers, body: '{"X-Key": "field", "x-key": "lower"}' }, [
        'X-Key',
        'x-key',
        'X-KEY',
      ])
      assert.deepEqual(seen.asked, {
        'X-Key': [true, 'field', 'field'],
        'x-key': [true, 'lower', 'lower'],
        'X-KEY': [true, 'header', 'header'],
      })
      assert.equal(seen.headers['X-Key'], 'header')
    })

    test('H46: a header that is sent twice is joined', async () => {
      const headers: HeaderPairs = [...JSON_TYPE, ['X-A', '1'], ['x-a', '2'], ['Cookie', 'a=1'], ['Cookie', 'b=2']]
      const seen = await describeRequest({ headers, body: '{}' })
      assert.deepEqual(seen.headers, { 'Content-Type': 'application/json', 'X-A': '1, 2', Cookie: 'a=1; b=2' })
    })

    test('H25: JSON that is no object is found under body', async () => {
      for (const [text, value] of [
        ['[1,2]', [1, 2]],
        ['"x"', 'x'],
        ['3', 3],
        ['null', null],
      ] as const) {
        assert.deepEqual((await describeRequest({ body: text })).fields.body, value)
      }
    })

    test('H26 H27 H28 H31 H34: values arrive as Python reads them', async () => {
      const body =
        '{"id": 9223372036854775808, "x": 1.0, "10": 1, "9": 2, "z": "\\u0000", "a": 1, "a": 2, "__proto__": {"x": 1}}'
      const { types, order } = await describeRequest({ body })
      assert.deepEqual(order.slice(1), ['id', 'x', '10', '9', 'z', 'a', '__proto__'])
      assert.deepEqual([types.id, types.x, types.z, types.a], ['9223372036854775808', '1.0', "'\\x00'", '2'])
      const echo = makeJob({
        source: 'def workflow(_request, settings):\n    return repr(_request["e"])\n',
        runtime,
        body: '{"e": 1e400}',
      })
      assert.equal((await pool.execute(echo)).result, "'inf'")
    })

    test('an empty body without a content type has no fields', async () => {
      const seen = await describeRequest({ headers: [['X-Hook-Secret', 's']], body: '' })
      assert.deepEqual(seen.fields, { 'X-Hook-Secret': 's' })
    })

    test('H35 H36: a form field that is sent twice is a list, and there is no nested magic', async () => {
      const headers: HeaderPairs = [['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8']]
      const seen = await describeRequest({
        headers,
        body: 'a=1&a=2&a%5B%5D=3&a[b]=4&empty=&plus=a+b&utf=%C3%A9&bad=%zz',
      })
      const { 'Content-Type': _, ...fields } = seen.fields
      assert.deepEqual(fields, { a: ['1', '2'], 'a[]': '3', 'a[b]': '4', empty: '', plus: 'a b', utf: 'é', bad: '%zz' })
    })

    test('H36: a form that is no UTF-8 fails the run with the reason', async () => {
      const headers: HeaderPairs = [['Content-Type', 'application/x-www-form-urlencoded']]
      const { code, message } = await execute({ headers, body: 'a=%ff' }, [])
      assert.equal(code, 'exception')
      assert.match(message ?? '', /UnicodeDecodeError/)
    })

    test('H42 H43: files of a multipart form arrive whole, and their names are only data', async () => {
      const file = Buffer.from([0, 255, 13, 10, 45, 45, 88, 13, 10])
      const { body, headers } = multipart([
        ['Content-Disposition: form-data; name="text"', Buffer.from('héllo')],
        ['Content-Disposition: form-data; name="text"', Buffer.from('')],
        [
          'Content-Disposition: form-data; name="cv"; filename="../../etc/passwd"\r\nContent-Type: application/pdf',
          file,
        ],
        ['content-disposition: form-data; filename="C:\\x\\a \\"b\\".pdf"; name="other"', Buffer.from('x')],
        [
          'Content-Disposition: form-data; name="star"; filename="a"; filename*=UTF-8\'\'caf%C3%A9.pdf',
          Buffer.from('y'),
        ],
      ])
      const { fields } = await describeRequest({ headers, body })
      assert.deepEqual(fields.text, ['héllo', ''])
      const content = file.toString('latin1')
      assert.deepEqual(fields.cv, {
        filename: '../../etc/passwd',
        content_type: 'application/pdf',
        size: 9,
        content,
        read: content,
      })
      assert.deepEqual(fields.other, {
        filename: 'C:\\x\\a "b".pdf',
        content_type: 'application/octet-stream',
        size: 1,
        content: 'x',
        read: 'x',
      })
      assert.equal((fields.star as { filename: string }).filename, 'café.pdf')
    })

    test('H37 H40: a multipart body that is broken fails the run with the reason', async () => {
      const type = (text: string): HeaderPairs => [['Content-Type', `multipart/form-data${text}`]]
      const broken: readonly (readonly [HeaderPairs, string, RegExp])[] = [
        [type(''), 'x', /without a boundary/],
        [type('; boundary='), 'x', /without a boundary/],
        [type(`; boundary=${'b'.repeat(71)}`), 'x', /without a boundary/],
        [type('; boundary=b'), 'x', /never appears/],
        [type('; boundary=b'), '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx', /ends within part 1/],
        [
          type('; boundary=b'),
          '--b\r\nContent-Disposition: form-data; name="a"\r\nx\r\n--b--',
          /headers do not end|without a colon/,
        ],
        [type('; boundary=b'), '--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--', /no name/],
      ]
      for (const [headers, body, reason] of broken) {
        const { code, message } = await execute({ headers, body }, [])
        assert.equal(code, 'exception')
        assert.match(message ?? '', reason)
      }
    })

    test('H50: query parameters are apart and never in the way of fields', async () => {
      const seen = await describeRequest({ query: 'a=1&a=2&b=%20x', body: '{"a": 3}' })
      assert.deepEqual(seen.query, { a: ['1', '2'], b: ' x' })
      assert.equal(seen.fields.a, 3)
    })
  })
}

function multipart(parts: readonly (readonly [head: string, content: Buffer])[]): {
  headers: HeaderPairs
  body: Buffer
} {
  const pieces = parts.flatMap(([head, content]) => [
    Buffer.from(`--XX\r\n${head}\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ])
  return {
    headers: [['Content-Type', 'multipart/form-data; boundary=XX']],
    body: Buffer.concat([Buffer.from('preamble\r\n'), ...pieces, Buffer.from('--XX--\r\n')]),
  }
}
