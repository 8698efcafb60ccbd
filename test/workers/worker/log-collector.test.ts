import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LogCollector } from '../../../src/workers/worker/log-collector.ts'

const collect = (chunks: readonly (readonly ['stdout' | 'stderr', string | Buffer])[], maxBytes = 1000) => {
  const collector = new LogCollector({ maxBytes })
  for (const [stream, chunk] of chunks) collector.push(stream, Buffer.from(chunk))
  return collector.close().map(({ stream, text }) => [stream, text])
}

describe('the log of a run', () => {
  test('L08: joins the chunks of a line by stream', () => {
    assert.deepEqual(
      collect([
        ['stdout', 'a'],
        ['stderr', 'x\n'],
        ['stdout', 'b\nc'],
        ['stdout', ''],
      ]),
      [
        ['stderr', 'x'],
        ['stdout', 'ab'],
        ['stdout', 'c'],
      ],
    )
  })

  test('L03: a character that is cut between two chunks is whole', () => {
    const euro = Buffer.from('€\n')
    assert.deepEqual(
      collect([
        ['stdout', euro.subarray(0, 1)],
        ['stdout', euro.subarray(1)],
      ]),
      [['stdout', '€']],
    )
  })

  test('L02: a long line is cut into lines of 64 KiB', () => {
    const lines = collect(
      [
        ['stdout', 'x'.repeat(150_000)],
        ['stdout', '\n'],
      ],
      1_000_000,
    )
    assert.deepEqual(
      lines.map(([, text]) => text?.length),
      [65_536, 65_536, 18_928],
    )
  })

  test('L01: what goes beyond the bound is dropped, with one line that says so', () => {
    const lines = collect([
      ['stdout', `${'y'.repeat(99)}\n`.repeat(50)],
      ['stderr', 'z\n'],
    ])
    assert.ok(lines.slice(0, -1).reduce((sum, [, text = '']) => sum + text.length, 0) <= 1000)
    assert.match(
      lines.at(-1)?.join(' ') ?? '',
      /^system The log was cut after 1000 bytes: \d+ bytes more were dropped\.$/,
    )
    assert.equal(lines.filter(([stream]) => stream === 'system').length, 1)
  })

  test('keeps empty lines and drops the carriage return of a line end', () => {
    assert.deepEqual(collect([['stdout', 'a\r\n\n\rb\n']]), [
      ['stdout', 'a'],
      ['stdout', ''],
      ['stdout', '\rb'],
    ])
  })

  test('a listener gets the lines there are and each that comes', () => {
    const collector = new LogCollector({ maxBytes: 1000 })
    collector.push('stdout', Buffer.from('a\n'))
    const heard: string[] = []
    collector.listen(({ text }) => heard.push(text))
    collector.push('stdout', Buffer.from('b\nc'))
    collector.close()
    assert.deepEqual(heard, ['a', 'b', 'c'])
  })
})
