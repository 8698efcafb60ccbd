/** The pages on security name files that exist, and the table of the ASVS is whole. */

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { readSources } from './sources.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const read = (path: string) => readSources([path], () => true)[0]?.text ?? ''

for (const page of ['docs/understand/threat-model.md', 'docs/evidence/asvs.md', 'docs/evidence/security.md']) {
  test(`${page} names files that exist`, () => {
    const paths = [...read(page).matchAll(/`((?:test|src)\/[^`*…]+)`/g)].map(([, path = '']) => path)
    assert.ok(paths.length > 10, `only ${paths.length} files are named`)
    assert.deepEqual(
      paths.filter((path) => !existsSync(join(ROOT, path))),
      [],
    )
  })
}

test('each finding of the second attack names tests that name it, or is one of two without', () => {
  const page = read('docs/evidence/security.md')
  const rows = [...page.matchAll(/^\| (Z3-\d{2,3}) \|.*\| ([^|]+) \|$/gm)]
  const ids = new Set(rows.map(([, id]) => id))
  const wanted = [...numbers(1, 21), ...numbers(31, 50)].map((number) => `Z3-${String(number).padStart(2, '0')}`)
  assert.deepEqual(
    wanted.filter((id) => !ids.has(id)),
    ['Z3-14', 'Z3-41'],
  )
  const wrong = rows.flatMap(([, id = '', cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, path = '']) =>
      new RegExp(`\\b${id}\\b`).test(read(path)) ? [] : [`${id}: ${path}`],
    ),
  )
  assert.deepEqual(wrong, [])
})

const numbers = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

test('each door of the threat model names tests', () => {
  const [, doors = ''] = read('docs/understand/threat-model.md').split('## Doors')
  const rows = doors.split('\n').filter((line) => line.startsWith('| ') && !/^\| (door|---)/.test(line))
  assert.ok(rows.length >= 15, `only ${rows.length} doors were found`)
  assert.deepEqual(
    rows.filter((row) => !/`test\//.test(row)),
    [],
  )
})

test('each requirement of the ASVS up to level 2 has an answer, and its counts are right', () => {
  const page = read('docs/evidence/asvs.md')
  const rows = [...page.matchAll(/^\| (\d+\.\d+\.\d+) \| [12] \| (yes|part|no|n\/a) \| (.+) \|$/gm)]
  // 70 requirements of level 1 and 183 of level 2: OWASP ASVS 5.0.0.
  assert.equal(new Set(rows.map(([, id]) => id)).size, 253)
  assert.equal(rows.length, 253)
  for (const held of ['yes', 'part', 'no', 'n/a']) {
    const count = rows.filter(([, , answer]) => answer === held).length
    assert.ok(page.includes(`**${held}**`) && new RegExp(`\\*\\*${held}\\*\\*[^·]*? ${count}\\b`).test(page), held)
  }
})
