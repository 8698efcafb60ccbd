/** Collects what a run prints, as lines with a time and a stream, up to a maximum size. */

import type { LogLine, LogStream } from '../../domain/run.ts'
import { ChunkList } from './chunk-list.ts'

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const MAX_LINE = 64 * 1024
/** Counted for each line in addition to its text, so that a million empty lines are bounded too. */
const LINE_COST = 8

export type LogCollectorOptions = {
  readonly maxBytes: number
  readonly onLine?: (line: LogLine) => void
}

type OutputStream = Exclude<LogStream, 'system'>

export class LogCollector {
  readonly lines: LogLine[] = []
  readonly #maxBytes: number
  #onLine: ((line: LogLine) => void) | undefined
  readonly #partial: Record<OutputStream, ChunkList> = { stdout: new ChunkList(), stderr: new ChunkList() }
  #kept = 0
  #dropped = 0

  constructor({ maxBytes, onLine }: LogCollectorOptions) {
    this.#maxBytes = maxBytes
    this.#onLine = onLine
  }

  /** Calls a listener with the lines so far, and with each new line. */
  listen(onLine: (line: LogLine) => void): void {
    for (const line of this.lines) onLine(line)
    this.#onLine = onLine
  }

  push(stream: OutputStream, chunk: Buffer): void {
    const partial = this.#partial[stream]
    let start = 0
    while (start < chunk.length) {
      if (this.#dropped > 0) {
        this.#dropped += chunk.length - start
        return
      }
      const lineFeed = chunk.indexOf(LINE_FEED, start)
      const room = MAX_LINE - partial.length
      const end = Math.min(lineFeed === -1 ? chunk.length : lineFeed, start + room)
      partial.push(chunk.subarray(start, end))
      start = end
      if (end === lineFeed) start += 1
      if (end === lineFeed || partial.length >= MAX_LINE) this.#finishLine(stream, end !== lineFeed)
    }
  }

  /** Adds the unfinished lines and, if the log was cut, a line that says so. Returns all lines. */
  close(): readonly LogLine[] {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#partial[stream].length > 0) this.#finishLine(stream)
    }
    if (this.#dropped > 0) {
      this.#add({
        at: Date.now(),
        stream: 'system',
        text: `The log was cut after ${this.#maxBytes} bytes: ${this.#dropped} bytes more were dropped.`,
      })
    }
    return this.lines
  }

  #finishLine(stream: OutputStream, isCut = false): void {
    const bytes = this.#partial[stream].take()
    const room = this.#maxBytes - this.#kept - LINE_COST
    if (room <= 0 || bytes.length > room) this.#dropped += bytes.length - Math.max(room, 0) + 1
    if (room <= 0) return
    const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length
    this.#kept += Math.min(bytes.length, room) + LINE_COST
    const text = bytes.toString('utf8', 0, Math.min(end, room))
    this.#add({ at: Date.now(), stream, text, ...(isCut ? { isCut } : {}) })
  }

  #add(line: LogLine): void {
    this.lines.push(line)
    this.#onLine?.(line)
  }
}
