import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAnswer, readQuestion } from '../../../src/domain/tasks/task.ts'

const QUESTION = { title: 'Hire?', choices: ['yes', 'no'] }
const read = (given: object) => readQuestion(JSON.stringify({ ...QUESTION, ...given }))
const fields = (properties: object, required: readonly unknown[] = []) => ({
  fields: { type: 'object', properties, required },
})

test('a question is refused with the argument that is wrong', () => {
  assert.deepEqual(read({}), {
    ...QUESTION,
    text: null,
    data: null,
    fields: null,
    to: null,
    remindMs: null,
  })
  for (const [given, problem] of [
    [{ title: '' }, /^title/],
    [{ title: 'a\nb' }, /^title/],
    [{ title: 'x'.repeat(201) }, /^title/],
    [{ text: 5 }, /^text/],
    [{ data: `"${'é'.repeat(512 * 1024)}"` }, /^data takes 1048578 bytes/],
    [{ choices: [] }, /^choices/],
    [{ choices: ['a', 'a'] }, /^choices/],
    [{ choices: [1] }, /^choices/],
    [{ to: [] }, /^to /],
    [{ to: ['nobody'] }, /^to /],
    [{ to: ['a@b', 'a@b'] }, /^to /],
    [{ to: Array.from({ length: 51 }, (_, index) => `a${index}@b`) }, /^to /],
    [{ remind_ms: 'x' }, /^remind/],
    [{ fields: {} }, /^fields must be/],
    [{ fields: [] }, /^fields must be/],
    [fields({ a: { type: 'object' } }), /"a" must have the type/],
    [fields({ a: { type: 'string', pattern: '(a+)+$' } }), /the keyword "pattern"/],
    [fields({ a: { type: 'boolean', enum: [true] } }), /enum/],
    [fields({ a: { type: 'number', enum: ['x'] } }), /enum/],
    [fields({ a: { type: 'number', default: 'x' } }), /default/],
    [fields({ a: { type: 'number', minimum: 'x' } }), /minimum/],
    [fields({ a: { type: 'string', title: 5 } }), /title/],
    [fields({ a: { type: 'string' } }, ['b']), /required/],
  ] as const)
    assert.match(String(read(given)), problem)
})

test('a question may have 1 MiB of data', () => {
  const data = `"${'é'.repeat(512 * 1024 - 1)}"`
  assert.equal((read({ data }) as { data: string }).data, data)
})

test('an answer has a choice and fields of the question', () => {
  const question = read(
    fields(
      {
        salary: { type: 'integer', minimum: 1, maximum: 9 },
        grade: { enum: ['a', 'b'] },
        note: { type: 'string', minLength: 2, maxLength: 3 },
        fine: { type: 'boolean' },
      },
      ['salary'],
    ),
  )
  if (typeof question === 'string') throw new Error(question)
  const check = (values: Record<string, unknown> | null, choice = 'yes') =>
    checkAnswer(question, { choice, fields: values })
  assert.equal(check({ salary: 5, grade: 'a', note: 'ab', fine: false }), null)
  for (const [values, problem] of [
    [null, /fields.salary: expected a value/],
    [{ salary: '5' }, /a whole number/],
    [{ salary: 0 }, /at least 1/],
    [{ salary: 10 }, /at most 9/],
    [{ salary: 1, grade: 'c' }, /one of a, b/],
    [{ salary: 1, note: 'a' }, /at least 2 characters/],
    [{ salary: 1, note: 'abcd' }, /at most 3 characters/],
    [{ salary: 1, fine: 1 }, /a boolean/],
    [{ salary: 1, constructor: 1 }, /unknown field/],
  ] as const)
    assert.match(check(values) ?? '', problem)
  assert.match(check({ salary: 1 }, 'maybe') ?? '', /^choice: expected one of "yes", "no", found "maybe"/)
  const plain = read({})
  if (typeof plain === 'string') throw new Error(plain)
  assert.match(checkAnswer(plain, { choice: 'yes', fields: { a: 1 } }) ?? '', /has no fields/)
})
