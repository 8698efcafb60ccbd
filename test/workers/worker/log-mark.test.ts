import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogMark } from '../../../src/workers/worker/log-mark.ts'

const MARK = 'c0ffee'

test('what is printed before the mark is dropped, on each stream, however it is cut', () => {
  const text = `before\nc0ff${MARK}after\n${MARK}`
  for (let size = 1; size <= text.length; size += 1) {
    const mark = new LogMark(MARK)
    for (const stream of ['stdout', 'stderr'] as const) {
      let kept = ''
      for (let at = 0; at < text.length; at += size)
        kept += mark.after(stream, Buffer.from(text.slice(at, at + size))).toString()
      assert.equal(kept, `after\n${MARK}`)
    }
  }
})
