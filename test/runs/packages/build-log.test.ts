/** What is kept of the output of a build. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBuildLog } from '../../../src/runs/packages/build-log.ts'

test('Z3-12 a log keeps 512 KiB of lines of at most 4,000 characters, and its last line', () => {
  const log = createBuildLog(() => 7)
  for (let line = 0; line < 1_000; line += 1) log.add({ stream: 'stderr', text: 'x'.repeat(60_000) })
  log.end('The environment is ready.')
  const texts = log.lines.map(({ text }) => text)
  assert.ok(texts.every((text) => text.length <= 4_000))
  assert.ok(texts.join('').length < 520 * 1024)
  assert.deepEqual(texts.slice(-2), ['More lines are not kept.', 'The environment is ready.'])
})

test('a log keeps 5,000 lines', () => {
  const log = createBuildLog(() => 7)
  for (let line = 0; line < 6_000; line += 1) log.add({ stream: 'stdout', text: 'x' })
  assert.equal(log.lines.length, 5_001)
  assert.equal(log.lines.at(-1)?.text, 'More lines are not kept.')
})
