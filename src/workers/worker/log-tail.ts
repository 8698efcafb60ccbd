/** The newest output of a run whose log is full, as it came: split into lines only when the run has ended. */

import type { LogStream } from '../../domain/run.ts'

type OutputStream = Exclude<LogStream, 'system'>
export type Output = { readonly at: number; readonly stream: OutputStream; readonly bytes: Buffer }

const LINE_FEED = 0x0a
/** Counted for each piece in addition to its bytes, so that a million of one byte are bounded too. */
const PIECE_COST = 64
const PIECES = 8

/** Costs the same for each chunk, however many lines it holds: a run may print without end. */
export class LogTail {
  readonly #maxBytes: number
  #pieces: Output[] = []
  #first = 0
  #size = 0
  /** Whether anything was dropped. */
  hasLost = false
  /** Whether what is left of a stream begins with a whole line. */
  readonly #isWhole = { stdout: true, stderr: true }

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push({ at, stream, bytes }: Output): void {
    // What is dropped is dropped by piece.
    const most = Math.ceil(this.#maxBytes / PIECES)
    for (let start = 0; start < bytes.length; start += most) {
      this.#pushPiece({ at, stream, bytes: bytes.subarray(start, start + most) })
    }
  }

  #pushPiece(piece: Output): void {
    this.#pieces.push(piece)
    this.#size += piece.bytes.length + PIECE_COST
    for (let oldest = this.#pieces[this.#first]; oldest !== undefined && this.#size > this.#maxBytes; ) {
      this.#size -= oldest.bytes.length + PIECE_COST
      this.#first += 1
      this.#lose(oldest.stream, oldest.bytes.at(-1))
      oldest = this.#pieces[this.#first]
    }
    if (this.#first > this.#pieces.length / 2) {
      this.#pieces = this.#pieces.slice(this.#first)
      this.#first = 0
    }
  }

  #lose(stream: OutputStream, lastByte: number | undefined): void {
    this.hasLost = true
    this.#isWhole[stream] = lastByte === LINE_FEED
  }

  /** What is left, in its order. Where the beginning was dropped, each stream begins with its first whole line. */
  take(): readonly Output[] {
    const isWhole = { ...this.#isWhole }
    return this.#pieces.slice(this.#first).flatMap((output) => {
      if (isWhole[output.stream]) return [output]
      const end = output.bytes.indexOf(LINE_FEED)
      if (end === -1) return []
      isWhole[output.stream] = true
      return [{ ...output, bytes: output.bytes.subarray(end + 1) }]
    })
  }
}
