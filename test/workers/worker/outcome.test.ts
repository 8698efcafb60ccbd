import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readOutcome } from '../../../src/workers/worker/outcome.ts'

const REST = { logs: [], timing: {} }
const good = { status: 'succeeded', response: null, result: null, set: {}, deleted: [], warnings: [] }
const read = (header: object, payload = '') =>
  readOutcome({ header: { ...good, ...header }, payload: Buffer.from(payload, 'latin1') }, REST)
const response = (value: object) => read({ response: { status: 200, headers: [], ...value } })

describe('F25: what a worker says is checked again', () => {
  test('a result that keeps the rules is taken', () => {
    const outcome = read(
      { response: { status: 201, headers: [['X-A', 'é']] }, set: { a: '[1]', ['__proto__']: '1' }, deleted: ['b'] },
      'x',
    )
    assert.deepEqual(outcome?.response, { status: 201, headers: [['X-A', 'é']], body: 'x' })
    assert.deepEqual([...(outcome?.patch.deleted ?? [])], ['b'])
    assert.equal(outcome?.patch.set.get('a'), '[1]')
  })

  const FORGED: Readonly<Record<string, () => unknown>> = {
    'no status': () => read({ status: 'done' }),
    'a status of HTTP that is none': () => response({ status: 199 }),
    'a status that is no number': () => response({ status: '200' }),
    'headers that are no list': () => response({ headers: {} }),
    'a header with a line break': () => response({ headers: [['X', 'a\r\nb']] }),
    'a header name with a space': () => response({ headers: [['X Y', 'a']] }),
    'a header beyond latin-1': () => response({ headers: [['X', '€']] }),
    'too many headers': () => response({ headers: Array.from({ length: 65 }, (_, n) => [`X-${n}`, 'a']) }),
    'headers that are too long': () => response({ headers: [['X', 'a'.repeat(16 * 1024)]] }),
    'a body that is no UTF-8': () => read({ response: { status: 200, headers: [] } }, '\xff'),
    'a setting that is no JSON': () => read({ set: { a: '1},{' } }),
    'a setting that is NaN': () => read({ set: { a: 'NaN' } }),
    'a setting that is no text': () => read({ set: { a: 1 } }),
    'a setting that is too long': () => read({ set: { a: `"${'x'.repeat(256 * 1024)}"` } }),
    'settings that are too much': () =>
      read({ set: Object.fromEntries(Array.from({ length: 5 }, (_, n) => [n, `"${'x'.repeat(250_000)}"`])) }),
    'Y02 more changed settings than a run may change': () =>
      read({
        set: Object.fromEntries(Array.from({ length: 300 }, (_, n) => [n, '1'])),
        deleted: Array.from({ length: 201 }, (_, n) => `d${n}`),
      }),
    'a setting that is nested too deep': () => read({ set: { a: '['.repeat(1000) + ']'.repeat(1000) } }),
    'a key that is too long': () => read({ set: { ['k'.repeat(1025)]: '1' } }),
    'the platform’s own key': () => read({ set: { __workflow_id: '1' } }),
    'a deleted key that is none': () => read({ deleted: [1] }),
    'a failure with a code of the server': () => read({ status: 'failed', code: 'lost' }),
  }
  for (const [name, forged] of Object.entries(FORGED)) test(`${name} is refused`, () => assert.equal(forged(), null))

  test('a failure keeps message, traceback and line, and nothing of the settings', () => {
    const outcome = read({
      status: 'failed',
      code: 'exception',
      message: 'm',
      traceback: 't',
      line: 3,
      set: { a: '1' },
    })
    assert.deepEqual(
      [outcome?.code, outcome?.message, outcome?.traceback, outcome?.line, outcome?.patch.set.size],
      ['exception', 'm', 't', 3, 0],
    )
  })
})
