/** Too much output keeps its beginning and end. */

import type { LogLine, LogStream } from '../../domain/runs/run.ts'
import { ChunkList } from './chunk-list.ts'
import { LogTail } from './log-tail.ts'

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const MAX_LINE = 64 * 1024
/** Bytes of overhead. */
const LINE_COST = 8
/** A million empty lines took 150 MiB and 1 s. */
const MIN_LINE_COST = 48
const LINE_END = Buffer.from('\n')
const NOTHING = Buffer.alloc(0)
const STREAMS = ['stdout', 'stderr'] as const

export type LogCollectorOptions = {
  readonly maxBytes: number
  readonly onLine?: (line: LogLine) => void
}

type OutputStream = Exclude<LogStream, 'system'>

/** An earlier part of the run has logged the output before a mark. */
class LogMark {
  readonly #mark: Buffer
  /** Last bytes, which may begin the mark. Null after it. */
  readonly #ends = new Map<OutputStream, Buffer | null>()

  constructor(mark: string) {
    this.#mark = Buffer.from(mark)
  }

  after(stream: OutputStream, chunk: Buffer): Buffer {
    const end = this.#ends.get(stream)
    if (end === null) return chunk
    const bytes = end === undefined ? chunk : Buffer.concat([end, chunk])
    const at = bytes.indexOf(this.#mark)
    this.#ends.set(stream, at === -1 ? bytes.subarray(Math.max(0, bytes.length - this.#mark.length + 1)) : null)
    return at === -1 ? NOTHING : bytes.subarray(at + this.#mark.length)
  }
}

export class LogCollector {
  readonly lines: LogLine[] = []
  readonly #maxBytes: number
  #onLine: ((line: LogLine) => void) | undefined
  readonly #partial: Record<OutputStream, ChunkList> = { stdout: new ChunkList(), stderr: new ChunkList() }
  readonly #tail: LogTail
  #kept = 0
  #beyond: number | null = null
  #closed: readonly LogLine[] | null = null
  #mark: LogMark | null = null

  constructor({ maxBytes, onLine }: LogCollectorOptions) {
    this.#maxBytes = maxBytes
    // The tail drops whole pieces, so it keeps more than the limit.
    this.#tail = new LogTail(maxBytes)
    this.#onLine = onLine
  }

  listen(onLine: (line: LogLine) => void): void {
    for (const line of this.lines) onLine(line)
    this.#onLine = onLine
  }

  skipTo(mark: string): void {
    this.#mark = new LogMark(mark)
  }

  push(stream: OutputStream, printed: Buffer, at = Date.now()): void {
    if (this.#closed !== null) return
    const chunk = this.#mark === null ? printed : this.#mark.after(stream, printed)
    const partial = this.#partial[stream]
    let start = 0
    while (start < chunk.length) {
      if (this.#beyond !== null) {
        this.#pushBeyond(stream, chunk.subarray(start), at)
        return
      }
      const lineFeed = chunk.indexOf(LINE_FEED, start)
      const room = MAX_LINE - partial.length
      const end = Math.min(lineFeed === -1 ? chunk.length : lineFeed, start + room)
      if (end > start) partial.push(chunk.subarray(start, end))
      start = end
      if (end === lineFeed) start += 1
      if (end === lineFeed || partial.length >= MAX_LINE) this.#finishLine(stream, at, end !== lineFeed)
    }
  }

  close(): readonly LogLine[] {
    if (this.#closed !== null) return this.#closed
    for (const stream of STREAMS) {
      const isOpen = this.#beyond === null && findLast(this.lines, stream)?.isCut === true
      if (this.#partial[stream].length > 0 || isOpen) this.#finishLine(stream, Date.now())
    }
    this.#closed = this.#beyond === null ? this.lines : this.#cut()
    return this.#closed
  }

  #finishLine(stream: OutputStream, at: number, isCut = false): void {
    const bytes = this.#partial[stream].length === 0 ? NOTHING : this.#partial[stream].take()
    if (costOf(bytes.length) >= this.#maxBytes - this.#kept) {
      this.#fill(stream, bytes, at, isCut)
      return
    }
    const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length
    this.#kept += costOf(bytes.length)
    this.#add({ at, stream, text: bytes.toString('utf8', 0, end), ...(isCut ? { isCut } : {}) })
  }

  #fill(stream: OutputStream, bytes: Buffer, at: number, isCut: boolean): void {
    this.#beyond = 0
    this.#pushBeyond(stream, isCut ? bytes : Buffer.concat([bytes, LINE_END]), at)
    for (const other of STREAMS) {
      const started = this.#partial[other].take()
      if (started.length > 0) this.#pushBeyond(other, started, at)
    }
  }

  #pushBeyond(stream: OutputStream, bytes: Buffer, at: number): void {
    this.#beyond = (this.#beyond ?? 0) + bytes.length
    this.#tail.push({ at, stream, bytes })
  }

  /** A secret may be cut in a partially kept line. */
  #cut(): readonly LogLine[] {
    const headBytes = headBytesOf(this.#maxBytes)
    const tailBytes = this.#maxBytes - headBytes - 1
    const head = this.lines.slice(0, countWithin(this.lines, headBytes))
    const after = this.#tailLines(2 * tailBytes)
    // After dropped output, the earlier lines are not adjacent.
    const rest = this.#tail.hasLost ? after : [...this.lines.slice(head.length), ...after]
    const first = rest.length - countWithin(rest.toReversed(), tailBytes)
    const tail = rest.slice(first)
    const dropped = rest.slice(0, first)
    const isGap = this.#tail.hasLost || first > 0
    for (const stream of isGap ? STREAMS : []) {
      const previous = findLast(dropped, stream) ?? (this.#tail.hasLost ? undefined : findLast(head, stream))
      if (previous?.isCut === true) tearStart(tail, stream)
      tearEnd(head, stream)
    }
    const kept = [...head, ...tail].reduce((sum, line) => sum + costOf(Buffer.byteLength(line.text)), 0)
    const droppedBytes = Math.max(0, this.#kept + (this.#beyond ?? 0) - kept)
    const note: LogLine = {
      at: Date.now(),
      stream: 'system',
      text: `The log was cut after ${this.#maxBytes} bytes: ${droppedBytes} bytes were dropped after line ${head.length}.`,
    }
    this.#onLine?.(note)
    return [...head, ...tail, note]
  }

  #tailLines(maxCost: number): readonly LogLine[] {
    const collector = new LogCollector({ maxBytes: Number.POSITIVE_INFINITY })
    const { outputs, torn } = this.#tail.take(maxCost, costOf)
    for (const { stream, bytes, at } of outputs) collector.push(stream, bytes, at)
    const lines = [...collector.close()]
    for (const stream of torn) tearStart(lines, stream)
    return lines
  }

  #add(line: LogLine): void {
    this.lines.push(line)
    this.#onLine?.(line)
  }
}

/** The end is more useful, because it shows where a run failed. */
const headBytesOf = (maxBytes: number): number => maxBytes / 4

const costOf = (bytes: number): number => Math.max(bytes + LINE_COST, MIN_LINE_COST)

const findLast = (lines: readonly LogLine[], stream: LogStream) => lines.findLast((line) => line.stream === stream)

function tearStart(lines: LogLine[], stream: LogStream): void {
  const index = lines.findIndex((line) => line.stream === stream)
  const line = lines[index]
  if (line !== undefined) lines[index] = { ...line, torn: 'start' }
}

function tearEnd(lines: LogLine[], stream: LogStream): void {
  const index = lines.findLastIndex((line) => line.stream === stream)
  const line = lines[index]
  if (line?.isCut === true) lines[index] = { ...line, torn: 'end' }
}

function countWithin(lines: readonly LogLine[], bytes: number): number {
  let sum = 0
  const over = lines.findIndex(({ text }) => {
    sum += costOf(Buffer.byteLength(text))
    return sum > bytes
  })
  return over === -1 ? lines.length : over
}
