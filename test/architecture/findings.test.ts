/** The tables of findings under docs/evidence say what holds each one: files that exist, or why there is none. */

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { readSources } from './sources.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const rowsOf = (path: string, begin: RegExp) =>
  readSources([path], () => true).flatMap(({ text }) => text.split('\n').filter((line) => begin.test(line)))
const cellsOf = (row: string) => row.split('|').map((cell) => cell.trim())
/** What may hold a finding: a test, a moment of chaos, a benchmark. Behind it there may be a part of the test's name. */
const HOLDER = /`((?:test|chaos|bench)\/[^`]+\.(?:ts|py))`(?: \(([^)]+)\))?/g
const REASON = /^not done\b.*, because \S|^without a test of its own, because \S/

function problemsOf(row: string): readonly string[] {
  const [, finding, now, cell = '', ...rest] = cellsOf(row)
  if (finding === '' || now === '' || rest.length !== 1) return [`expected three cells: ${row}`]
  const held = [...cell.matchAll(HOLDER)]
  if (held.length === 0 && !REASON.test(cell)) return [`neither a test nor a reason: ${row}`]
  return held.flatMap(([, path = '', name]) => {
    const file = join(ROOT, path)
    if (!existsSync(file)) return [`${path} does not exist`]
    const isNamed = name === undefined || readFileSync(file, 'utf8').toLowerCase().includes(name.toLowerCase())
    return isNamed ? [] : [`${path} has no test ${name}`]
  })
}

test('each finding of the SRE names tests or moments of chaos that exist, or says why it was not done', () => {
  const rows = rowsOf('docs/evidence/operations-findings.md', /^\| §/)
  assert.ok(rows.length > 30, `only ${rows.length} findings were found`)
  assert.deepEqual(rows.flatMap(problemsOf), [])
})

test('each of the 46 findings of a user of the app names tests that exist, or says why it was not done', () => {
  const rows = rowsOf('docs/evidence/app-findings.md', /^\| \d/)
  const numbers = new Set(rows.map((row) => Number(/^\| (\d+)\./.exec(row)?.[1])))
  assert.deepEqual(
    [...numbers].toSorted((one, other) => one - other),
    Array.from({ length: 46 }, (_, at) => at + 1),
  )
  assert.deepEqual(rows.flatMap(problemsOf), [])
})

test('a file that does not exist, a test that has another name, and a row without either are found', () => {
  for (const cell of ['`test/none.test.ts`', '`test/guard.test.ts` (no such test)', '', 'because'])
    assert.equal(problemsOf(`| 1. A | b | ${cell} |`).length, 1, cell)
})
