/** Bytes that come piece by piece, kept for little more than their own size. */

/** So many pieces are kept as they come, which is all that a fair program ever sends. */

const FEW = 16
const SMALL = 1024
const BLOCK = 8192

/** A Buffer of one byte costs two hundred, and a run that writes byte by byte would fill the server: small ones are moved together. */
export class ChunkList {
  #pieces: Buffer[] = []
  /** What the last piece lies in, where it may grow. */
  #block: Buffer | null = null
  #used = 0
  length = 0

  push(chunk: Buffer): void {
    this.length += chunk.length
    if (this.#pieces.length < FEW || chunk.length >= SMALL) {
      this.#pieces.push(chunk)
      this.#block = null
      return
    }
    if (this.#block === null || this.#used + chunk.length > BLOCK) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK)
      this.#used = 0
      this.#pieces.push(this.#block)
    }
    chunk.copy(this.#block, this.#used)
    this.#used += chunk.length
    this.#pieces[this.#pieces.length - 1] = this.#block.subarray(0, this.#used)
  }

  /** All of them as one, which stays, where that is shorter than `length`; else at least so much of it. */
  peek(length: number): Buffer {
    const first = this.#pieces[0]
    if (first !== undefined && first.length >= length) return first
    const whole = this.take()
    this.push(whole)
    return whole
  }

  /** All of them as one; nothing is left. */
  take(): Buffer {
    const [first] = this.#pieces
    const whole = this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces)
    this.clear()
    return whole
  }

  clear(): void {
    this.#pieces = []
    this.#block = null
    this.length = 0
  }
}
