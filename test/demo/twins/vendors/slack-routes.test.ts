import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMessages } from '../../../../src/demo/twins/vendors/slack-routes.ts'

test('no two messages have the same time stamp, and the newest 500 are kept', () => {
  const messages = createMessages()
  const stamps = Array.from({ length: 1000 }, (_, index) => messages.add({ text: `${index}` }, 0).ts)
  assert.equal(new Set(stamps).size, 1000)
  const kept = messages.of('C0HIRING')
  assert.deepEqual([kept.length, kept[0]?.text, kept.at(-1)?.text], [500, '999', '500'])
})
