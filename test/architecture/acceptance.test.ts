/** docs/evidence/acceptance.md lists the acceptance cases. Each must be in the name of a test, or have a reason there. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSources } from './sources.ts'

const [page] = readSources(['docs/evidence/acceptance.md'], () => true)
const text = page?.text ?? ''
/** `| R01–R30 | what | where |` */
const ranges = [...text.matchAll(/^\| ([A-Z])(\d\d)–\1(\d\d) \|/gm)]
/** `| X16 | why |` */
const excused = new Set([...text.matchAll(/^\| ([A-Z]\d\d) \| \S/gm)].map(([, id]) => id))
const expected = ranges.flatMap(([, letter = '', first, last]) =>
  Array.from(
    { length: Number(last) - Number(first) + 1 },
    (_, index) => `${letter}${String(Number(first) + index).padStart(2, '0')}`,
  ),
)

/** Ids in the strings of test code: names of tests, or parts of names from tables. A comment does not count. */
const named = new Set(
  readSources(['test'], (path) => path.endsWith('.ts') && !path.startsWith('test/architecture/'))
    .flatMap(({ text: source }) => source.split('\n'))
    .filter((line) => !/^\s*(\/\/|\*|\/\*)/.test(line))
    .flatMap((line) => [...line.replace(/^[^'"`]*/, '').matchAll(/\b[A-Z]\d\d\b/g)].map(([id]) => id)),
)

test('the page names ranges, each once', () => {
  assert.ok(ranges.length >= 4, `only ${ranges.length} ranges were found`)
  assert.equal(new Set(expected).size, expected.length)
})

test('every case has a test with its id, or a reason why not', () => {
  assert.deepEqual(
    expected.filter((id) => !named.has(id) && !excused.has(id)),
    [],
  )
})

test('no case has both, and no reason is given for a case that is in no range', () => {
  assert.deepEqual(
    [...excused].filter((id) => id === undefined || named.has(id) || !expected.includes(id)),
    [],
  )
})

test('each finding of the security review names tests that exist, and that name it', () => {
  const [security] = readSources(['docs/evidence/security.md'], () => true)
  const rows = [...(security?.text ?? '').matchAll(/^\| (Y\d\d) \|.*\| ([^|]+) \|$/gm)]
  assert.deepEqual(
    rows.map(([, id]) => id),
    expected.filter((id) => id.startsWith('Y')),
  )
  const files = new Map(
    readSources(['test'], (path) => path.endsWith('.ts')).map(({ path, text: code }) => [path, code]),
  )
  const wrong = rows.flatMap(([, id = '', cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, path = '']) =>
      new RegExp(`\\b${id}\\b`).test(files.get(path) ?? '') ? [] : [`${id}: ${path}`],
    ),
  )
  assert.deepEqual(wrong, [])
})
