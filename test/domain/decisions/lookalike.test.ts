import assert from 'node:assert/strict'
import { test } from 'node:test'
import { looksLike } from '../../../src/domain/decisions/lookalike.ts'

test('texts look alike in case, in spaces, in marks and in letters of other alphabets', () => {
  for (const [one, other] of [
    ['reject', 'Reject'],
    ['reject', 're ject\n'],
    ['reject', 're\u200bj\u00adect'],
    ['reject', '\uff52\uff45\uff4a\uff45\uff43\uff54'],
    ['reject', 'r\u0435j\u0435\u0441t'],
    ['refus\u00e9', 'refuse'],
    ['refus\u00e9', 'refuse\u0301'],
    ['\u274c', '\u274c\ufe0f'],
  ] as const) {
    assert.equal(looksLike(one, other), true, JSON.stringify(other))
    assert.equal(looksLike(other, one), true, JSON.stringify(other))
  }
})

test('other texts do not look alike, nor does a text look like itself', () => {
  for (const [one, other] of [
    ['reject', 'reject'],
    ['reject', 'rejected'],
    ['A+', 'A-'],
    ['1.5', '15'],
    ['\u0915\u093f', '\u0915\u0940'],
    ['invite', 'reject'],
  ] as const)
    assert.equal(looksLike(one, other), false, JSON.stringify(other))
})
