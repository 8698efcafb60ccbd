import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createData } from '../../../../src/demo/twins/data/data.ts'

test('texts of a new application are cut at 200 characters', () => {
  const long = 'x'.repeat(1000)
  const names = ['firstName', 'lastName', 'email', 'phone', 'title', 'employer', 'source'] as const
  const person = createData().add(Object.fromEntries(names.map((name) => [name, long])), 0)
  for (const name of names) assert.equal(person[name], 'x'.repeat(200), name)
})

test('each department has a number of its own', () => {
  const { jobs } = createData()
  const names = new Set(jobs.map(({ department }) => department))
  const pairs = new Set(jobs.map(({ department, departmentNumber }) => `${departmentNumber} ${department}`))
  assert.equal(new Set(jobs.map(({ departmentNumber }) => departmentNumber)).size, names.size)
  assert.equal(pairs.size, names.size)
})
