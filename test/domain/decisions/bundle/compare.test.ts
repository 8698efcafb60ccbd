import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findChance } from '../../../../src/domain/decisions/bundle/chance.ts'
import { compareDecision } from '../../../../src/domain/decisions/bundle/compare.ts'
import { contentOf } from './bundles.ts'

const { decision } = contentOf()
const { subject = '', reasons = [], inputs = null } = decision.content ?? {}
const { proposed: outcome, model, score } = decision.record
const SAME = { subject, reasons, inputs, outcome, model, score, attributes: null }

test('the same decision has no difference, whatever the order of its keys', () => {
  assert.deepEqual(compareDecision(decision, { ...SAME, inputs: { skills: ['sql'], years: 5.5 } }), [])
})

test('each other field is named with both values', () => {
  const found = compareDecision(decision, { ...SAME, outcome: 'reject', inputs: { years: 5 }, score: null })
  assert.deepEqual(
    found.map(({ field }) => field).toSorted(),
    score === null ? ['inputs', 'outcome'] : ['inputs', 'outcome', 'score'],
  )
  assert.deepEqual(found[0], { field: 'outcome', recorded: JSON.stringify(outcome), replayed: '"reject"' })
})

test('lines that read the clock or draw by chance are named, and at most 20 of them', () => {
  const python = (source: string) => findChance({ source, files: {} }, 'python3')
  assert.deepEqual(python('x = 1\nage = datetime.now().year - 1990\n'), [
    'code/workflow.py:2 has datetime.now: the time or chance may change the outcome.',
  ])
  assert.deepEqual(python('candidate = timeline\n'), [])
  assert.match(
    findChance({ source: '', files: { 'a.ts': 'Math.random()' } }, 'node24')[0] ?? '',
    /^code\/a\.ts:1 has Math/,
  )
  assert.equal(python('random()\n'.repeat(25)).length, 21)
  for (const line of ['age = moment.now().year', 'time.strftime("%Y")', 'time.monotonic_ns()', 'import time as t'])
    assert.equal(python(line).length, 1, line)
})

test('lines whose outcome may follow the order of a set of Python are named, and other braces are not', () => {
  const python = (source: string) => findChance({ source, files: {} }, 'python3')
  assert.deepEqual(python('import json\nnames = list(set(found))\nmore = {\n  "sql",\n  "go",\n}\n'), [
    'code/workflow.py:2 has set: the order of a set may change the outcome.',
    'code/workflow.py:3 has {: the order of a set may change the outcome.',
  ])
  const sets = [
    '{c["name"].lower() for c in found}',
    'frozenset(found)',
    'hash(name) % 2',
    "{'a', *more}",
    '{one, other}',
  ]
  for (const line of sets) assert.equal(python(line).length, 1, line)
  const others = [
    '{"a": 1, "b": 2}',
    '{name: 1 for name in found}',
    'settings.set(1)',
    'f"{name} {years}"',
    'offset(1)',
    '{}',
  ]
  for (const line of others) assert.deepEqual(python(line), [], line)
  assert.deepEqual(findChance({ source: 'new Set(found); const { a, b } = c', files: {} }, 'node24'), [])
})
