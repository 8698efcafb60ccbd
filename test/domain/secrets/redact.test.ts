import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRedactor } from '../../../src/domain/secrets/redact.ts'

const SECRET = 'pa$$ wörd/+"1'
const redact = createRedactor([JSON.stringify(SECRET)])

test('L07 a secret is replaced everywhere: plain, in base64, URL-encoded and JSON-escaped', () => {
  for (const form of [
    SECRET,
    Buffer.from(SECRET).toString('base64'),
    Buffer.from(SECRET).toString('base64url'),
    encodeURIComponent(SECRET),
    encodeURIComponent(SECRET).replaceAll('%20', '+'),
    JSON.stringify(SECRET).slice(1, -1),
    'pa$$ w\\u00f6rd/+\\"1',
  ]) {
    assert.ok(redact(`before ${form} after`).startsWith('before ***'), form)
    assert.ok(!redact(`before ${form} after`).includes(form), form)
  }
})

test('L07 a secret is replaced as Python quotes it in an URL, in a container and in its messages', () => {
  const value = `a/b!c~ 'q' "r"\\n\n\t\u0000é😀`
  const redactor = createRedactor([JSON.stringify(value)])
  for (const form of [
    `a/b%21c~%20%27q%27%20%22r%22%5Cn%0A%09%00%C3%A9%F0%9F%98%80`,
    `a%2Fb%21c~%20%27q%27%20%22r%22%5Cn%0A%09%00%C3%A9%F0%9F%98%80`,
    `a%2Fb%21c~+%27q%27+%22r%22%5Cn%0A%09%00%C3%A9%F0%9F%98%80`,
    `a%2Fb%21c%7E+%27q%27+%22r%22%5Cn%0A%09%00%C3%A9%F0%9F%98%80`,
    String.raw`a/b!c~ \'q\' "r"\\n\n\t\x00é😀`,
    String.raw`a/b!c~ \'q\' "r"\\n\n\t\x00\xe9\U0001f600`,
    String.raw`a/b!c~ \'q\' "r"\\n\n\t\x00\xc3\xa9\xf0\x9f\x98\x80`,
  ]) {
    assert.equal(redactor(`['${form}']`), "['***']", form)
  }
  const json = '{"private_key":"-----BEGIN-----\\nMIIE"}'
  assert.equal(
    createRedactor([JSON.stringify(json)])(String.raw`{'key': '{"private_key":"-----BEGIN-----\\nMIIE"}'}`),
    "{'key': '***'}",
  )
})

test('a secret shorter than 8 characters is left alone', () => {
  assert.equal(createRedactor(['"1234567"'])('1234567'), '1234567')
})

test('a secret that is no string is replaced as its JSON text', () => {
  assert.equal(createRedactor(['123456789'])('id=123456789;'), 'id=***;')
})

test('each line of a secret of several lines is replaced', () => {
  const key = '-----BEGIN KEY-----\nabcdefghijkl\n-----END KEY-----'
  assert.equal(createRedactor([JSON.stringify(key)])('line: abcdefghijkl'), 'line: ***')
})

test('a secret that holds another is replaced whole', () => {
  assert.equal(createRedactor(['"password"', '"password1234"'])('password1234'), '***')
})

test('without secrets the text stays as it is', () => {
  assert.equal(createRedactor([])('anything'), 'anything')
})

test('L07 a secret in base64 together with the text around it is replaced', () => {
  const redactor = createRedactor(['"hunter22-é"'])
  for (const before of ['', 'a', 'ab', 'user:']) {
    for (const after of ['', '!', ':x', 'xyz']) {
      for (const encoding of ['base64', 'base64url'] as const) {
        const text = Buffer.from(`${before}hunter22-é${after}`).toString(encoding)
        const left = redactor(text).split('***')
        assert.equal(left.length, 2, text)
        assert.ok(!Buffer.from(left.join(''), 'base64').includes('hunter'), text)
      }
    }
  }
})

test('strings inside a secret that is an object or an array are secrets too', () => {
  const redactor = createRedactor([
    '{"client":{"id":"short","secret":"very-secret-1"},"more":["very-secret-2"],"n":12345678}',
  ])
  assert.equal(
    redactor("{'secret': 'very-secret-1'} very-secret-2 short 12345678"),
    "{'secret': '***'} *** short 12345678",
  )
})

test('a key file of thousands of lines, or lines that begin alike, is looked for all the same', () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `line-of-the-key-${index}`)
  const redactor = createRedactor([JSON.stringify(lines.join('\n'))])
  assert.equal(redactor('line-of-the-key-17 line-of-the-key-4'), '*** ***')
  assert.equal(redactor(`all: ${lines.join('\n')}.`), 'all: ***.')
  assert.equal(redactor('line-of-'.repeat(10_000)).length, 80_000)
})

test('secrets side by side, at the ends and one in another are each replaced once', () => {
  const redactor = createRedactor(['"aaaaaaaa"', '"bbbbbbbb"', '"aaaaaaaabbbbbbbb"'])
  assert.equal(redactor('aaaaaaaabbbbbbbbaaaaaaaa-bbbbbbbb'), '******-***')
  assert.equal(redactor('aaaaaaa'), 'aaaaaaa')
  assert.equal(redactor(''), '')
})
