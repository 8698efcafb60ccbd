import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertOutcome, InvalidDecision, readDecision } from '../../../src/domain/decisions/decision.ts'

const GIVEN = { subject: 'ana@example.com', outcome: 'invite', reasons: ['5 years'] }
const read = (changes: object) => readDecision(JSON.stringify({ ...GIVEN, ...changes }))

test('arguments of decide are read, and the optional ones are null', () => {
  const nothing = { inputs: null, model: null, score: null, attributes: null }
  assert.deepEqual(read({}), { ...GIVEN, ...nothing })
  const all = {
    inputs: { years: 5 },
    model: { name: 'ranker', version: '3', provider: 'us' },
    score: 0.75,
    attributes: { sex: 'female', age_band: '40-49' },
  }
  assert.deepEqual(read(all), { ...GIVEN, ...all })
  assert.equal(read({ attributes: { sex: null } }).attributes, null)
})

test('a wrong argument is named with what was found', () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ subject: '' }, /^subject: expected a text of 1 to 320 characters, found ""/],
    [{ subject: 'x'.repeat(321) }, /^subject/],
    [{ outcome: 'x'.repeat(65) }, /^outcome/],
    [{ outcome: 3 }, /^outcome: .* found 3/],
    [{ reasons: [] }, /^reasons: expected 1 to 20 texts/],
    [{ reasons: 'fits' }, /^reasons/],
    [{ reasons: Array(21).fill('x') }, /^reasons/],
    [{ reasons: ['ok', ''] }, /^reasons\[1\]/],
    [{ inputs: 'x'.repeat(65_536) }, /^inputs: expected at most 65536 bytes/],
    [{ inputs: { a: ['\0'] } }, /^inputs: lone surrogates and U\+0000/],
    [{ inputs: { 'a\0': 1 } }, /^inputs: lone surrogates and U\+0000/],
    [{ inputs: { a: '\ud800' } }, /^inputs: lone surrogates and U\+0000/],
    [{ model: { name: 'm' } }, /^model.version/],
    [{ model: 'm' }, /^model: expected an object/],
    [{ score: '1' }, /^score: expected a number/],
    [{ attributes: { sex: 1 } }, /^attributes.sex/],
    [{ attributes: { Sex: 'f' } }, /^attributes: expected names such as sex/],
    [{ subjects: 'x' }, /^decide has no argument "subjects"/],
  ]
  for (const [changes, message] of wrong)
    assert.throws(
      () => read(changes),
      (error) => error instanceof InvalidDecision && message.test(error.message),
    )
})

test('inputs have a limit of levels at every depth that JSON can have', () => {
  const readNested = (levels: number) =>
    readDecision(`{"subject":"a","outcome":"b","reasons":["c"],"inputs":${'['.repeat(levels)}${']'.repeat(levels)}}`)
  readNested(256)
  for (const levels of [257, 1000, 5000, 30_000]) assert.throws(() => readNested(levels), InvalidDecision)
})

test('inputs may contain the escape of a character as text', () => {
  const inputs = { pattern: '\\u0000 or \\ud800' }
  assert.deepEqual(read({ inputs }).inputs, inputs)
})

test('an integer that a double cannot hold is refused', () => {
  const json = '{"subject":"a","outcome":"b","reasons":["c"],"inputs":{"id":12345678901234567890}}'
  assert.throws(() => readDecision(json), { message: /id 12345678901234567890 is too large.*pass it as a text/ })
})

test('an outcome that the workflow does not have is refused', () => {
  assertOutcome('invite', null)
  assertOutcome('invite', ['invite', 'reject'])
  assert.throws(() => assertOutcome('hire', ['invite', 'reject']), /expected one of "invite", "reject", found "hire"/)
})
