import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRedactor } from '../../src/domain/redact.ts'

const SECRET = 'pa$$ wörd/+"1'
const redact = createRedactor([JSON.stringify(SECRET)])

test('L07 a secret is replaced wherever it stands, as it is, in base64, URL-encoded and JSON-escaped', () => {
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
