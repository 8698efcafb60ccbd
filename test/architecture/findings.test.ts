/** docs/evidence/operations-findings.md says of each finding what holds it: files that exist, or why there is none. */

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { readSources } from './sources.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const [page] = readSources(['docs/evidence/operations-findings.md'], () => true)
const rows = (page?.text ?? '').split('\n').filter((line) => /^\| §/.test(line))
const cellsOf = (row: string) => row.split('|').map((cell) => cell.trim())
/** What may hold a finding: a test, a moment of chaos, a benchmark. */
const HOLDER = /`((?:test|chaos|bench)\/[^`]+\.(?:ts|py))`/g

test('each finding of the SRE names tests or moments of chaos that exist, or says why it was not done', () => {
  assert.ok(rows.length > 30, `only ${rows.length} findings were found`)
  const wrong = rows.flatMap((row) => {
    const [, finding, now, cell = '', ...rest] = cellsOf(row)
    if (finding === '' || now === '' || rest.length !== 1) return [`expected three cells: ${row}`]
    const held = [...cell.matchAll(HOLDER)].map(([, path = '']) => path)
    if (held.length === 0 && !/^not done\b.*, because \S/.test(cell)) return [`neither a test nor a reason: ${row}`]
    return held.filter((path) => !existsSync(join(ROOT, path))).map((path) => `${path} does not exist`)
  })
  assert.deepEqual(wrong, [])
})
