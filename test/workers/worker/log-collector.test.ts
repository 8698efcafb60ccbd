import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LogLine } from '../../../src/domain/runs/run.ts'
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

  test('L01: of too much, the beginning and the end are kept, and the last line says what is gone', () => {
    const numbered = Array.from({ length: 500 }, (_, index) => String(index).padStart(19, '0'))
    const lines = collect([
      ['stdout', `${numbered.join('\n')}\n`],
      ['stderr', 'it failed\n'],
    ])
    const note = /^The log was cut after 1000 bytes: \d+ bytes were dropped after line (\d+)\.$/
    const head = Number(note.exec(lines.at(-1)?.[1] ?? '')?.[1])
    assert.deepEqual(
      lines.flatMap(([stream], index) => (stream === 'system' ? [index] : [])),
      [lines.length - 1],
    )
    const texts = lines.slice(0, -1).map(([, text = '']) => text)
    assert.ok(texts.reduce((sum, text) => sum + text.length, 0) <= 1000)
    assert.deepEqual(texts.slice(0, head), numbered.slice(0, head))
    assert.deepEqual(texts.slice(head), [...numbered.slice(head - texts.length + 1), 'it failed'])
    assert.ok(head >= 5 && texts.length - head >= 15)
  })

  test('a log that is a little too long loses only what is too much', () => {
    const numbered = Array.from({ length: 30 }, (_, index) => String(index).padStart(40, '0'))
    const lines = collect(
      numbered.map((text) => ['stdout', `${text}\n`] as const),
      1200,
    )
    assert.ok(lines.length > 24, String(lines.length))
    assert.equal(lines.at(-2)?.[1], numbered.at(-1))
  })

  const tearsOf = (lines: readonly LogLine[]) =>
    lines.flatMap(({ stream, text, torn }) => (torn === undefined ? [] : [`${stream} ${torn} ${text.length}`]))

  test('Z3-36 of a line that is too long, the first and the last part are kept, and marked where they are torn', () => {
    const collector = new LogCollector({ maxBytes: 1_048_576 })
    for (let sent = 0; sent < 100; sent += 1) collector.push('stdout', Buffer.from('w'.repeat(30_000)))
    collector.push('stdout', Buffer.from('\nlast\n'))
    const lines = collector.close()
    const texts = lines.map(({ text }) => text)
    assert.equal(texts.at(-2), 'last')
    const kept = texts.slice(0, -2).reduce((sum, { length }) => sum + length, 0)
    assert.ok(kept > 800_000 && kept <= 1_048_576, String(kept))
    const tears = lines.map(({ torn }) => torn)
    assert.equal(tears.filter((torn) => torn !== undefined).length, 2)
    assert.equal(tears.indexOf('start'), tears.indexOf('end') + 1)
  })

  test('Z3-36 each stream is torn by itself', () => {
    const collector = new LogCollector({ maxBytes: 300_000 })
    const chunk = Buffer.from('w'.repeat(50_000))
    for (let sent = 0; sent < 10; sent += 1) {
      collector.push('stdout', chunk)
      collector.push('stderr', Buffer.from('e'.repeat(99)))
      collector.push('stderr', Buffer.from('\n'))
    }
    const tears = tearsOf(collector.close()).map((tear) => tear.split(' ').slice(0, 2).join(' '))
    assert.deepEqual(tears, ['stdout end', 'stdout start'])
  })

  test('a short line at the gap is whole or gone', () => {
    const numbered = Array.from({ length: 60_000 }, (_, index) => String(index).padStart(99, '0'))
    const collector = new LogCollector({ maxBytes: 1_048_576 })
    for (let from = 0; from < numbered.length; from += 77) {
      const text = `${numbered.slice(from, from + 77).join('\n')}\n`
      for (let at = 0; at < text.length; at += 1000) collector.push('stdout', Buffer.from(text.slice(at, at + 1000)))
    }
    const lines = collector.close()
    assert.deepEqual(tearsOf(lines), [])
    assert.ok(lines.slice(0, -1).every(({ text }) => text.length === 99))
    assert.equal(lines.at(-2)?.text, numbered.at(-1))
  })

  test('Z3-44 empty lines are bounded by the limit of the log', () => {
    const collector = new LogCollector({ maxBytes: 1_048_576 })
    const heard: LogLine[] = []
    collector.listen((line) => heard.push(line))
    for (let sent = 0; sent < 64; sent += 1) collector.push('stdout', Buffer.alloc(65_536, 10))
    const lines = collector.close()
    assert.ok(lines.length > 20_000 && lines.length < 22_000, String(lines.length))
    assert.ok(heard.length < 22_000, String(heard.length))
    assert.match(
      lines.at(-1)?.text ?? '',
      /^The log was cut after 1048576 bytes: \d+ bytes were dropped after line \d+\.$/,
    )
  })

  test('output without an end costs the memory of the log, and its last lines are kept', () => {
    const collector = new LogCollector({ maxBytes: 1_048_576 })
    const heard = { bytes: 0 }
    collector.listen(({ text }) => (heard.bytes += text.length))
    const chunk = Buffer.from('0123456789abcde\n'.repeat(4096))
    for (let sent = 0; sent < 512; sent += 1) collector.push('stdout', chunk)
    collector.push('stderr', Buffer.from('Traceback\n'))
    const lines = collector.close()
    assert.equal(lines.at(-2)?.text, 'Traceback')
    assert.ok(heard.bytes < 1_100_000)
    assert.ok(lines.reduce((sum, { text }) => sum + text.length, 0) <= 1_048_576)
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

test('what is printed before the mark is dropped, on each stream, however it is cut', () => {
  const mark = 'c0ffee'
  const text = `before\nc0ff${mark}after\n${mark}`
  for (let size = 1; size <= text.length; size += 1) {
    const collector = new LogCollector({ maxBytes: 1024 })
    collector.skipTo(mark)
    for (const stream of ['stdout', 'stderr'] as const)
      for (let at = 0; at < text.length; at += size) collector.push(stream, Buffer.from(text.slice(at, at + size)))
    assert.deepEqual(
      collector.close().map((line) => `${line.stream} ${line.text}`),
      ['stdout after', 'stderr after', `stdout ${mark}`, `stderr ${mark}`],
    )
  }
})
