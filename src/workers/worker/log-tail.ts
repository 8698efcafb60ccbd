import type { LogStream } from '../../domain/runs/run.ts'

type OutputStream = Exclude<LogStream, 'system'>
export type Output = { readonly at: number; readonly stream: OutputStream; readonly bytes: Buffer }
type Tail = { readonly outputs: readonly Output[]; readonly torn: readonly OutputStream[] }

const STREAMS = ['stdout', 'stderr'] as const
const LINE_FEED = 0x0a
/** Limits a million one-byte pieces too. */
const PIECE_COST = 64
const PIECES = 8
const LONG = 4096

/** A run may print endlessly, so each chunk costs the same. */
export class LogTail {
  readonly #maxBytes: number
  #pieces: Output[] = []
  #first = 0
  #size = 0
  hasLost = false
  readonly #isWhole = { stdout: true, stderr: true }

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push({ at, stream, bytes }: Output): void {
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

  /**
   * Output whose lines cost about `maxCost`. Each stream starts with a whole line, unless the next one is too far away
   * (`torn`).
   */
  take(maxCost: number, costOf: (bytes: number) => number): Tail {
    const pieces = this.#pieces.slice(this.#first)
    const kept: Output[] = []
    for (let room = maxCost; room > 0; ) {
      const piece = pieces.pop()
      if (piece === undefined) break
      const { at, cost } = startWithin(piece.bytes, room, costOf)
      kept.push({ ...piece, bytes: piece.bytes.subarray(at) })
      if (at > 0) pieces.push({ ...piece, bytes: piece.bytes.subarray(0, at) })
      room = at > 0 ? 0 : room - cost
    }
    for (const { stream, bytes } of pieces) this.#lose(stream, bytes.at(-1))
    return STREAMS.filter((stream) => !this.#isWhole[stream]).reduce<Tail>(fromWholeLine, {
      outputs: kept.toReversed(),
      torn: [],
    })
  }
}

function startWithin(bytes: Buffer, room: number, costOf: (bytes: number) => number): { at: number; cost: number } {
  let cost = 0
  let at = bytes.length
  while (at > 0) {
    const before = at === 1 ? -1 : bytes.lastIndexOf(LINE_FEED, at - 2)
    const length = at - before - 1
    const left = room - cost
    // The piece with the line's end counts its overhead.
    const more = bytes[at - 1] === LINE_FEED ? costOf(length - 1) : length
    if (more > left) return { at: length > LONG && left > LONG ? at - left : at, cost }
    cost += more
    at = before + 1
  }
  return { at, cost }
}

function fromWholeLine({ outputs, torn }: Tail, stream: OutputStream): Tail {
  let rest = 0
  for (const [index, output] of outputs.entries()) {
    if (output.stream !== stream) continue
    const end = output.bytes.indexOf(LINE_FEED)
    rest += end === -1 ? output.bytes.length : end
    if (rest > LONG) break
    if (end === -1) continue
    const whole = { ...output, bytes: output.bytes.subarray(end + 1) }
    const others = outputs.slice(0, index).filter((one) => one.stream !== stream)
    return { outputs: [...others, whole, ...outputs.slice(index + 1)], torn }
  }
  return { outputs, torn: [...torn, stream] }
}
