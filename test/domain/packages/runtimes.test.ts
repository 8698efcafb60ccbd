import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseRuntime } from '../../../src/domain/packages/runtimes.ts'

const RUNTIMES = [
  { name: 'python3', version: '3.13.5' },
  { name: 'python3.10', version: '3.10.13' },
  { name: 'python3.12', version: '3.12.1' },
  { name: 'python3.13', version: '3.13.5' },
  { name: 'python3.9', version: '3.9.18' },
]

test('python3 is the newest that meets requires-python, by its own name', () => {
  assert.equal(chooseRuntime('>=3.9', 'python3', RUNTIMES, 1), 'python3.13')
  assert.equal(chooseRuntime('>=3.9,<3.13', 'python3', RUNTIMES, 1), 'python3.12')
  assert.equal(chooseRuntime('<3.11', 'python3', RUNTIMES, 1), 'python3.10')
})

test('without requires-python the runtime of the workflow is taken, python3 by its own name', () => {
  assert.equal(chooseRuntime(null, 'python3', RUNTIMES, 1), 'python3.13')
  assert.equal(chooseRuntime(null, 'python3.9', RUNTIMES, 1), 'python3.9')
})

test('a named runtime that does not meet it is refused, and those that do are named', () => {
  assert.throws(() => chooseRuntime('>=3.12', 'python3.10', RUNTIMES, 4), /python3\.13 \(3\.13\.5\), python3\.12/)
})

test('where no runtime meets it, the message says how to get one', () => {
  assert.throws(() => chooseRuntime('>=3.14', 'python3', RUNTIMES, 4), /uv python install/)
})
