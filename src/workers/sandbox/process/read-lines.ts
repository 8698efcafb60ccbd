import type { Readable } from 'node:stream'
import { readObject } from '../../../domain/json/read-json.ts'
import { guard } from '../../../guard.ts'

const MAX_LINE_BYTES = 64 * 1024
const NEWLINE = 10

/** Keeps the first `maxBytes` of a line. */
export function readLines(stream: Readable, onLine: (line: string) => void, maxBytes = MAX_LINE_BYTES): void {
  const guarded = guard('the output of a process', () => stream.destroy())
  let parts: Buffer[] = []
  let length = 0
  const finish = (end: Buffer): void => {
    const bytes = length === 0 ? end : Buffer.concat([...parts, end])
    parts = []
    length = 0
    const text = bytes.toString('utf8', 0, Math.min(bytes.length, maxBytes))
    onLine(text.endsWith('\r') ? text.slice(0, -1) : text)
  }
  stream.on(
    'data',
    guarded((chunk: Buffer) => {
      let from = 0
      for (let to = chunk.indexOf(NEWLINE); to !== -1; to = chunk.indexOf(NEWLINE, from)) {
        finish(chunk.subarray(from, to))
        from = to + 1
      }
      // A view would keep the whole chunk.
      const rest = Buffer.from(chunk.subarray(from, from + maxBytes - length))
      if (rest.length > 0) parts.push(rest)
      length += rest.length
    }),
  )
  stream.on(
    'end',
    guarded(() => length > 0 && finish(Buffer.alloc(0))),
  )
  stream.on('error', () => {})
}

export function readMessages(stream: Readable, onMessage: (message: Readonly<Record<string, unknown>>) => void): void {
  readLines(stream, (line) => {
    const message = readObject(line)
    if (message !== null) onMessage(message)
  })
}
