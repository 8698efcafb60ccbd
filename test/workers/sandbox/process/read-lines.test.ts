/** The lines of a child's output, which may be of any length. */

import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { readLines, readMessages } from '../../../../src/workers/sandbox/process/read-lines.ts'
import { startProcess } from '../../../../src/workers/sandbox/process/start-process.ts'

/** The lines of these chunks. */
async function linesOf(chunks: readonly (string | Buffer)[], maxBytes?: number): Promise<readonly string[]> {
  const stream = Readable.from(chunks.map((chunk) => Buffer.from(chunk)))
  const lines: string[] = []
  const ended = Promise.withResolvers<void>()
  readLines(stream, (line) => lines.push(line), maxBytes)
  stream.on('close', ended.resolve)
  await ended.promise
  return lines
}

test('lines are the same however their bytes are cut into chunks', async () => {
  const bytes = Buffer.from('one\r\n\nthree é\nlast')
  for (let size = 1; size <= bytes.length; size += 1) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    )
    assert.deepEqual(await linesOf(chunks), ['one', '', 'three é', 'last'])
  }
})

test('a line that is too long keeps its beginning, and the next line is whole', async () => {
  assert.deepEqual(await linesOf(['123', '456', '789\nab\n', '1234567\n123456'], 5), ['12345', 'ab', '12345', '12345'])
})

test('Z3-12 100 MiB without a newline are one line of 64 KiB, and take no memory', async () => {
  const script = 'import os\nfor _ in range(1600): os.write(1, b"x" * 65536)\nos.write(1, b"\\nnext\\n")'
  const child = await startProcess('python3', ['-I', '-S', '-c', script], { stdio: ['ignore', 'pipe', 'ignore'] })
  assert.ok(child.stdout)
  const lines: string[] = []
  const before = process.memoryUsage().rss
  let most = 0
  child.stdout.on('data', () => {
    most = Math.max(most, process.memoryUsage().rss - before)
  })
  readLines(child.stdout, (line) => lines.push(line))
  await new Promise((resolve) => child.once('close', resolve))
  assert.deepEqual(
    lines.map((line) => line.length),
    [64 * 1024, 4],
  )
  assert.ok(most < 64 * 1024 ** 2, `expected at most 64 MiB more, found ${most}`)
})

test('a line that is no JSON object is no message', async () => {
  const messages: unknown[] = []
  const stream = Readable.from([Buffer.from('{"a":1}\n[]\nnull\n{"b":\n\n{"c":2}\n')])
  readMessages(stream, (message) => messages.push(message))
  await new Promise((resolve) => stream.on('close', resolve))
  assert.deepEqual(messages, [{ a: 1 }, { c: 2 }])
})
