import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogLine } from '../../../src/domain/runs/run.ts'
import { createLineQueue } from '../../../src/runs/privacy/line-queue.ts'

const lineOf = (text: string): LogLine => ({ at: 0, stream: 'stdout', text })

test('Y02 lines keep their order, and other work runs between long ones', async () => {
  const seen: string[] = []
  const queue = createLineQueue(
    (text) => text.slice(0, 1).toUpperCase(),
    ({ text }) => seen.push(text),
  )
  for (const letter of ['a', 'b', 'c']) queue.add(lineOf(letter.repeat(60_000)))
  setImmediate(() => {
    seen.push('other work')
    queue.add(lineOf('d'))
  })
  await queue.done()
  await queue.done()
  assert.deepEqual([...seen].sort(), ['A', 'B', 'C', 'D', 'other work'].sort())
  assert.deepEqual(
    seen.filter((text) => text !== 'other work'),
    ['A', 'B', 'C', 'D'],
  )
  assert.ok(seen.indexOf('other work') < seen.indexOf('C'))
})

test('a line that could not be redacted is not passed on, and fails the run', async () => {
  const seen: string[] = []
  const queue = createLineQueue(
    () => {
      throw new Error('no redaction')
    },
    ({ text }) => seen.push(text),
  )
  queue.add(lineOf('a'))
  await assert.rejects(queue.done(), /no redaction/)
  assert.deepEqual(seen, [])
})

test('Z3-44 other work runs between many empty lines', async () => {
  const seen: string[] = []
  const queue = createLineQueue(
    (text) => text,
    () => seen.push('line'),
  )
  for (let count = 0; count < 20_000; count += 1) queue.add(lineOf(''))
  setImmediate(() => seen.push('other work'))
  await queue.done()
  assert.ok(seen.indexOf('other work') < 10_000, String(seen.indexOf('other work')))
})
