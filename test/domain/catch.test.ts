import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanResponse } from '../../src/domain/catch.ts'
import type { HeaderPairs } from '../../src/domain/headers.ts'

const clean = (headers: HeaderPairs, ownOrigin = false) => {
  const { response, warnings } = cleanResponse({ status: 200, headers, body: 'x' }, { ownOrigin })
  return { names: response.headers.map(([name]) => name), dropped: warnings.map(({ key }) => key) }
}

for (const name of [
  'Content-Length',
  'Transfer-Encoding',
  'Connection',
  'Keep-Alive',
  'Upgrade',
  'TE',
  'Date',
  'Workflow-Run',
]) {
  test(`R19 R20 R22 ${name} set by the function is dropped with a warning`, () => {
    assert.deepEqual(
      clean([
        [name, '1'],
        ['X-Mine', '2'],
      ]),
      { names: ['X-Mine'], dropped: [name] },
    )
  })
}

test('R23 Set-Cookie is dropped on a shared origin and kept on one of its own', () => {
  assert.deepEqual(clean([['Set-Cookie', 'a=1']]), { names: [], dropped: ['Set-Cookie'] })
  assert.deepEqual(
    clean(
      [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ],
      true,
    ),
    { names: ['Set-Cookie', 'Set-Cookie'], dropped: [] },
  )
})

test('R25 of names that differ in case the last one stays', () => {
  assert.deepEqual(
    clean([
      ['X-A', '1'],
      ['x-a', '2'],
    ]),
    { names: ['x-a'], dropped: ['X-A'] },
  )
})

for (const status of [204, 205, 304]) {
  test(`R09 a ${status} loses its body with a warning`, () => {
    const { response, warnings } = cleanResponse({ status, headers: [], body: 'x' }, { ownOrigin: false })
    assert.equal(response.body, '')
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['body_dropped'],
    )
  })
}
