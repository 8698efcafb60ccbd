const KEPT_AS_IS = 16
const SMALL = 1024
const BLOCK = 8192

/** A one-byte Buffer takes 200 bytes, so a run that writes single bytes could exhaust the server's memory. */
export class ChunkList {
  #chunks: Buffer[] = []
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

  /** Returns at least the first `length` bytes if available. */
  peek(length: number): Buffer {
    const first = this.#chunks[0]
    if (first !== undefined && first.length >= length) return first
    const whole = this.take()
    this.push(whole)
    return whole
  }

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
