/** A list of chunks of bytes that takes little more memory than the bytes themselves. */

/** Chunks kept as they come. A program that writes in the usual way never sends more before they are taken. */
const KEPT_AS_IS = 16
const SMALL = 1024
const BLOCK = 8192

/** Copies small chunks together: a Buffer of one byte takes 200, so a run that writes byte by byte could exhaust the server's memory. */
export class ChunkList {
  #chunks: Buffer[] = []
  /** Holds the last chunk if that chunk can still grow. */
  #block: Buffer | null = null
  #used = 0
  length = 0

  push(chunk: Buffer): void {
    this.length += chunk.length
    if (this.#chunks.length < KEPT_AS_IS || chunk.length >= SMALL) {
      this.#chunks.push(chunk)
      this.#block = null
      return
    }
    if (this.#block === null || this.#used + chunk.length > BLOCK) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK)
      this.#used = 0
      this.#chunks.push(this.#block)
    }
    chunk.copy(this.#block, this.#used)
    this.#used += chunk.length
    this.#chunks[this.#chunks.length - 1] = this.#block.subarray(0, this.#used)
  }

  /** Returns at least the first `length` bytes, or all bytes if there are fewer. The list keeps them. */
  peek(length: number): Buffer {
    const first = this.#chunks[0]
    if (first !== undefined && first.length >= length) return first
    const whole = this.take()
    this.push(whole)
    return whole
  }

  /** Returns all bytes in one buffer and empties the list. */
  take(): Buffer {
    const [first] = this.#chunks
    const whole = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks)
    this.clear()
    return whole
  }

  clear(): void {
    this.#chunks = []
    this.#block = null
    this.length = 0
  }
}
