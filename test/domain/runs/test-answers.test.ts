import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AskedWait } from '../../../src/domain/runs/steps.ts'
import { endWait, type TestAnswer } from '../../../src/domain/runs/test-answers.ts'

const ENDING = { now: 5000, reasonRequired: false }
const TIMED_OUT = { timed_out: true }

const waitOf = (kind: AskedWait['kind'], name: string, json: unknown): AskedWait => ({
  kind,
  name,
  number: 1,
  attempts: 0,
  until: null,
  ms: 1000,
  json: JSON.stringify(json),
})
const anyOf = (values: Readonly<Record<string, unknown>>): TestAnswer[] =>
  Object.entries(values).map(([name, value]) => ({ kind: null, name, value }))

function eventOf(value: unknown) {
  const end = endWait(waitOf('event', 'a', ['a']), anyOf({ a: value }), ENDING)
  assert.equal(end?.status, 'done')
  const { body, headers, received_at } = JSON.parse(end.json)
  assert.equal(received_at, 5000)
  return [body, headers]
}

test('an event is a body, or a request of headers and body', () => {
  const type = ['Content-Type', 'application/json']
  assert.deepEqual(eventOf({ n: 1 }), ['{"n":1}', [type]])
  assert.deepEqual(eventOf({ n: 1, body: 2 }), ['{"n":1,"body":2}', [type]])
  assert.deepEqual(eventOf(null), ['null', [type]])
  assert.deepEqual(eventOf({}), ['{}', [type]])
  assert.deepEqual(eventOf({ body: [1] }), ['[1]', [type]])
  assert.deepEqual(eventOf({ headers: { 'x-a': '1' } }), ['', [['x-a', '1']]])
  assert.throws(() => eventOf({ headers: { 'x-a': 1 } }), /texts by name/)
})

test('of several names the first with an event counts, and without one they time out together', () => {
  const statuses = (values: Readonly<Record<string, unknown>>) =>
    ['a', 'b'].map((name) => endWait(waitOf('event', name, ['a', 'b']), anyOf(values), ENDING)?.status ?? null)
  assert.deepEqual(statuses({ a: 1, b: 2 }), ['done', 'timed_out'])
  assert.deepEqual(statuses({ a: TIMED_OUT, b: 2 }), ['timed_out', 'done'])
  assert.deepEqual(statuses({ b: TIMED_OUT }), ['timed_out', 'timed_out'])
  assert.deepEqual(statuses({ c: 1 }), [null, null])
})

test('the answers of an original run keep their kind, person, time and proposal', () => {
  const by = { id: 'p', name: 'Lea', email: 'lea@example.com' }
  const recorded = (kind: 'event' | 'task'): TestAnswer => {
    const value = kind === 'task' ? { choice: 'yes' } : { body: 1 }
    return { kind, name: 'a', value, original: { at: 7000, by, proposed: 'yes' } }
  }
  const task = waitOf('task', 'a', { title: 'A?', choices: ['yes', 'no'] })
  assert.equal(endWait(task, [recorded('event')], ENDING), null)
  const end = endWait(task, [recorded('event'), recorded('task')], ENDING)
  assert.deepEqual(JSON.parse(end?.json ?? ''), { choice: 'yes', reason: null, fields: null, by, at: 7000 })
  const decision = { name: 'a', number: 1 }
  const other = { ...waitOf('task', 'a', { title: 'A?', choices: ['no', 'yes'] }), decision }
  assert.equal(endWait(other, [recorded('task')], ENDING), null)
  assert.equal(endWait({ ...task, decision }, [recorded('task')], ENDING)?.status, 'done')
})
