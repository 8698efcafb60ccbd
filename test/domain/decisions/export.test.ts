import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportLine, verifyExport } from '../../../src/domain/decisions/export.ts'
import { erased, makeChain } from './chain.ts'

function verify(lines: readonly string[]) {
  const verifier = verifyExport()
  for (const line of lines) verifier.line(line)
  return verifier.end()
}

const LINES = makeChain(4).map(exportLine)

test('an export of two workflows is verified without the server, and names the ends of its chains', () => {
  const other = makeChain(2, 'wf_2')
  const { checked, ok, chains } = verify([...LINES, ...other.map(exportLine)])
  assert.deepEqual([checked, ok], [6, true])
  assert.deepEqual(chains[1], { workflow_id: 'wf_2', first: 1, last: 2, head_sha256: other[1]?.sha256 })
})

test('an export may begin after number 1, and hold erased decisions', () => {
  assert.equal(verify(LINES.slice(2)).ok, true)
  assert.equal(verify(makeChain(3).map((one) => exportLine(erased(one)))).ok, true)
})

test('one changed character in a line of an export is found', () => {
  const [, line = ''] = LINES
  let tried = 0
  for (let at = 0; at < line.length; at += 1) {
    const changed = line.slice(0, at) + (line[at] === '0' ? '1' : '0') + line.slice(at + 1)
    if (!isSame(changed, line)) tried += 1
    else continue
    assert.equal(verify(LINES.map((one) => (one === line ? changed : one))).ok, false, `character ${at}`)
  }
  assert.ok(tried > 800)
})

/** `5.5` and `5.50` are one number. */
function isSame(one: string, other: string): boolean {
  try {
    return JSON.stringify(JSON.parse(one)) === JSON.stringify(JSON.parse(other))
  } catch {
    return false
  }
}

test('a field that no digest covers is refused', () => {
  const [line = ''] = LINES
  const [gone] = makeChain(1).map((one) => exportLine(erased(one)))
  for (const changed of [
    line.replace('{', '{"note":"hired",'),
    line.replace('"score":', '"core":1,"score":'),
    gone?.replace('"subject":null', '"subject":"eve@example.com"') ?? '',
    gone?.replace('"reasons":null', '"reasons":["late"]') ?? '',
    gone?.replace('"inputs":null', '"inputs":0') ?? '',
  ])
    assert.equal(verify([changed]).first_broken?.reason, 'line 1 is not a decision', changed)
})

test('a line that is missing or no decision is named', () => {
  assert.deepEqual(verify(LINES.toSpliced(2, 1)).first_broken, { id: null, number: 3, reason: 'number 3 is missing' })
  assert.equal(verify([...LINES, '{"id": 1}']).first_broken?.reason, 'line 5 is not a decision')
  assert.equal(verify([...LINES, 'x']).ok, false)
})
