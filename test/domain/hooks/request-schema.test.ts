import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertCompiles, compileRequestSchema, parseRequestSchema } from '../../../src/domain/hooks/request-schema.ts'

test('a mismatch points to the field that is missing, not allowed, or of another type', () => {
  const check = compileRequestSchema({
    type: 'object',
    required: ['candidate'],
    properties: {
      candidate: {
        type: 'object',
        required: ['e-mail/1'],
        properties: { 'e-mail/1': {}, age: { type: 'integer' }, level: { enum: ['junior', 'senior'] } },
        additionalProperties: false,
      },
    },
  })
  assert.deepEqual(check({}, true), [{ pointer: '/candidate', detail: 'is required' }])
  assert.deepEqual(check({ candidate: { age: 'x', level: 'x', more: 1 } }, true), [
    { pointer: '/candidate/e-mail~11', detail: 'is required' },
    { pointer: '/candidate/more', detail: 'is not allowed' },
    { pointer: '/candidate/age', detail: 'must be integer' },
    { pointer: '/candidate/level', detail: 'must be one of "junior", "senior"' },
  ])
  assert.equal(check({ candidate: { age: 'x', more: 1 } }, false).length, 1)
  assert.deepEqual(check({ candidate: { 'e-mail/1': '', age: 5 } }, true), [])
})

test('names of JavaScript’s own objects are not fields of a body', () => {
  const check = compileRequestSchema({ required: ['toString'] })
  assert.deepEqual(check(JSON.parse('{"__proto__": {"toString": 1}}'), true), [
    { pointer: '/toString', detail: 'is required' },
  ])
})

test('references inside a schema, formats and older drafts are understood', () => {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    definitions: { mail: { type: 'string', format: 'email' } },
    properties: { mail: { $ref: '#/definitions/mail' } },
  }
  const check = compileRequestSchema(parseRequestSchema(schema) ?? {})
  assert.deepEqual(check({ mail: 'no' }, true), [{ pointer: '/mail', detail: 'must match format "email"' }])
})

test('a multiple is one of the decimal numbers that were sent, in every draft', () => {
  for (const $schema of ['http://json-schema.org/draft-07/schema', 'https://json-schema.org/draft/2020-12/schema']) {
    const fits = (multiple: number, value: unknown) =>
      compileRequestSchema({ $schema, multipleOf: multiple })(value, true).length === 0
    for (const value of [0, 0.07, 19.99, -1.15, 99_999_999_999.99, 1e22, 'text'])
      assert.ok(fits(0.01, value), `${value}`)
    for (const value of [0.075, 19.999, 1e-7, Number.POSITIVE_INFINITY]) assert.ok(!fits(0.01, value), `${value}`)
    assert.deepEqual([fits(1, 1e22), fits(7, 21), fits(7, 22), fits(1e-7, 3e-7)], [true, true, false, true])
    const check = compileRequestSchema({ $schema, properties: { pay: { multipleOf: 0.01 } } })
    assert.deepEqual(check({ pay: 0.001 }, true), [{ pointer: '/pay', detail: 'must be multiple of 0.01' }])
  }
  assert.throws(() => assertCompiles({ multipleOf: 0 }), /multipleOf/)
  assert.throws(() => assertCompiles({ multipleOf: '1' }), /multipleOf/)
})

test('a pattern that a backtracking engine would run for years is answered at once', () => {
  const check = compileRequestSchema({ allOf: [{ pattern: '^(a+)+$' }, { pattern: 'a' }] })
  assert.equal(check(`${'a'.repeat(10_000)}b`, true).length, 1)
  assert.equal(check('aaaa', true).length, 0)
})

const REFUSED: Readonly<Record<string, readonly [schema: Record<string, unknown>, problem: RegExp]>> = {
  'a reference to another document': [{ $ref: 'https://example.com/a.json' }, /\/\$ref: expected a reference inside/],
  'a relative reference': [{ properties: { a: { $ref: 'a.json' } } }, /\/properties\/a\/\$ref: expected a reference/],
  'a lookahead': [{ pattern: '(?=a)b' }, /\/pattern: expected a regular expression without lookarounds/],
  'a lookahead in the name of a property': [{ patternProperties: { '(?!a)': {} } }, /invalid or unsupported/],
  'a repetition of repetitions': [{ pattern: '(a{1000}){1000}' }, /\/pattern: expected/],
  'a pattern of 1,001 characters': [{ pattern: 'a'.repeat(1001) }, /at most 1000 characters/],
  'an unknown type': [{ type: 'strin' }, /schema is invalid/],
  'a draft that is not known': [{ $schema: 'http://json-schema.org/draft-04/schema#' }, /expected draft-07, 2019-09/],
  'more than 32 KiB': [{ description: 'x'.repeat(32_768) }, /at most 32768 bytes, found/],
  'too many values': [{ enum: Array.from({ length: 1500 }, (_, index) => index) }, /at most 1500 values/],
  'too many levels': [JSON.parse(`${'{"not":'.repeat(33)}{}${'}'.repeat(33)}`), /at most 32 levels/],
  'a key that a database cannot keep': [{ properties: { 'a\0': {} } }, /expected Unicode text/],
}
for (const [name, [schema, problem]] of Object.entries(REFUSED)) {
  test(`a schema with ${name} is refused`, () => {
    const parse = () => assertCompiles(parseRequestSchema(schema) ?? {})
    assert.throws(parse, { code: 'bad_request', message: problem })
  })
}

// A schema of 20 kB with 200,000 copies took 16 s to compile.
test('patterns repeat at most 5,000 times together, wherever they are', () => {
  const pattern = '(a{1,1000})'.repeat(6)
  const refusal = { message: /at most 5000 repetitions in all patterns/ }
  assert.throws(() => parseRequestSchema({ pattern }), refusal)
  assert.throws(() => parseRequestSchema({ patternProperties: { [pattern]: {} } }), refusal)
  assert.throws(() => parseRequestSchema({ allOf: Array.from({ length: 6 }, () => ({ pattern: 'a{1000}' })) }), refusal)
  assert.ok(parseRequestSchema({ properties: { a: { pattern: '^[a-z]{1,64}$' }, b: { pattern: '^\\d{8}$' } } }))
})
