import type { LogStream } from '../../domain/runs/run.ts'

const NOTHING = Buffer.alloc(0)

/** Drops what a run prints before it writes a mark: an earlier part of the run has logged it. */
export class LogMark {
  readonly #mark: Buffer
  /** The last bytes of each stream, which may begin the mark. Null after the mark. */
  readonly #ends = new Map<LogStream, Buffer | null>()

  constructor(mark: string) {
    this.#mark = Buffer.from(mark)
  }

  /** Returns the bytes after the mark. */
  after(stream: LogStream, chunk: Buffer): Buffer {
    const end = this.#ends.get(stream)
    if (end === null) return chunk
    const bytes = end === undefined ? chunk : Buffer.concat([end, chunk])
    const at = bytes.indexOf(this.#mark)
    this.#ends.set(stream, at === -1 ? bytes.subarray(Math.max(0, bytes.length - this.#mark.length + 1)) : null)
    return at === -1 ? NOTHING : bytes.subarray(at + this.#mark.length)
  }
}
