import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createAnswerLinks } from '../../../src/http/hooks/answer-links.ts'
import { newId } from '../../../src/random.ts'

const DAY = 24 * 3600 * 1000
const NOW = Date.UTC(2026, 0, 1)
const KEY = randomBytes(32)
const links = createAnswerLinks(KEY)
const RUN = newId('run', NOW)
const path = links.pathOf(RUN)

test('a link leads to its run for a week, on every server with the key', () => {
  for (const [at, isOver] of [
    [NOW, false],
    [NOW + 6 * DAY, false],
    [NOW + 7 * DAY, true],
  ] as const)
    assert.deepEqual(createAnswerLinks(KEY).runOf(path, at), { runId: RUN, isOver })
})

test('a link that was changed anywhere, or that another key signed, leads nowhere', () => {
  for (let at = '/hooks/answers/'.length; at < path.length; at += 1) {
    const other = path[at] === 'x' ? 'y' : 'x'
    const changed = path.slice(0, at) + other + path.slice(at + 1)
    const found = links.runOf(changed, NOW)
    // The last character of base64 for 32 bytes carries two bits that mean nothing.
    if (at < path.length - 1) assert.equal(found, null, changed)
  }
  for (const wrong of ['/hooks/answers/', `${path}.`, path.slice(0, -1), `/hooks/answers/${RUN}`, `${path}/`]) {
    assert.equal(links.runOf(wrong, NOW), null, wrong)
  }
  assert.equal(createAnswerLinks(randomBytes(32)).runOf(path, NOW), null)
})
