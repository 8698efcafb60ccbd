import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { strict } from '../../../../src/domain/shared/schemas.ts'
import { createCheck } from '../../../../src/http/api/common/validation.ts'

const schema = strict({
  name: Type.String(),
  schedule: Type.Optional(
    Type.Union([strict({ cron: Type.String(), timezone: Type.String() }), strict({ every_seconds: Type.Integer() })]),
  ),
})

test('an unknown field that is spelled almost like a known one names the known one', () => {
  const check = createCheck(schema)
  assert.equal(check({ name: 'a', Name: 'b' }, 'the body'), 'the body: unknown field "Name". Did you mean "name"?')
  const found = check({ name: 'a', schedule: { cron: '0 * * * *', time_zone: 'UTC' } }, 'the body')
  assert.equal(found, 'schedule: unknown field "time_zone". Did you mean "timezone"?')
  assert.equal(
    check({ name: 'a', other: 1 }, 'the body'),
    'the body: unknown field "other". Expected only name, schedule.',
  )
})

test('an unknown field with one slip names the known one', () => {
  const check = createCheck(schema)
  for (const slip of ['nme', 'naame', 'nmae', 'neme'])
    assert.equal(
      check({ name: 'a', [slip]: 'b' }, 'the body'),
      `the body: unknown field "${slip}". Did you mean "name"?`,
    )
  for (const other of ['nm', 'nemo', 'n', 'eman'])
    assert.doesNotMatch(check({ name: 'a', [other]: 'b' }, 'the body') ?? '', /Did you mean/)
})

test('an unknown field of a small object names the known ones', () => {
  const found = createCheck(strict({ request: Type.Optional(schema) }))(
    { request: { name: 'a', other: 1 } },
    'the body',
  )
  assert.equal(found, 'request: unknown field "other". Expected only name, schedule.')
})

test('a field that is known in another place is not suggested', () => {
  const check = createCheck(schema)
  assert.equal(
    check({ name: 'a', timezone: 'UTC' }, 'the body'),
    'the body: unknown field "timezone". Expected only name, schedule.',
  )
})

test('what a list or a constant must be is said in words', () => {
  const list = Type.Array(Type.String(), { minItems: 1, maxItems: 2, uniqueItems: true })
  const check = createCheck(strict({ list, mode: Type.Optional(Type.Union([Type.Literal('all'), Type.Integer()])) }))
  assert.equal(check({ list: [] }, 'the body'), 'list: expected at least 1 item(s), found [].')
  assert.equal(check({ list: ['a', 'b', 'c'] }, 'the body'), 'list: expected at most 2 items, found ["a","b","c"].')
  assert.equal(check({ list: ['a', 'a'] }, 'the body'), 'list: expected items that differ, found ["a","a"].')
  const long = Array.from({ length: 30 }, (_, index) => `item ${index}`)
  assert.equal(check({ list: long }, 'the body'), 'list: expected at most 2 items, found an array of 30 items.')
  assert.equal(
    check({ list: ['a'], mode: 'none' }, 'the body'),
    'mode: expected "all" or a whole number, found "none".',
  )
})

test('a text that is too long is reported with its own length', () => {
  const check = createCheck(strict({ note: Type.String({ maxLength: 100 }) }))
  for (const text of ['x'.repeat(101), '"'.repeat(101), '😀'.repeat(101)])
    assert.equal(
      check({ note: text }, 'the body'),
      'note: expected at most 100 characters, found a string of 101 characters.',
    )
})
