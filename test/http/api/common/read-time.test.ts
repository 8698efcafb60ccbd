import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTime } from '../../../../src/http/api/common/read-time.ts'

test('a time is read in the forms of RFC 3339, and without a zone as UTC', () => {
  const noon = Date.UTC(2024, 1, 29, 12)
  for (const text of [
    '2024-02-29T12:00:00Z',
    '2024-02-29 12:00',
    '2024-02-29T13:00:00+01:00',
    '2024-02-29T13:00 01:00',
  ])
    assert.equal(readTime('since', text), noon, text)
  assert.equal(readTime('since', '2024-02-29'), Date.UTC(2024, 1, 29))
  assert.equal(readTime('since', undefined), undefined)
})

test('a day that is not in the calendar is refused', () => {
  for (const text of [
    '2020-02-30',
    '2023-02-29T12:00:00Z',
    '2024-04-31',
    '2024-13-01',
    '2024-00-10',
    '2024-01-32T00:00Z',
  ])
    assert.throws(() => readTime('since', text), /since: expected a time such as/, text)
})
