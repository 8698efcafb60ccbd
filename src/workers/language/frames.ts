/** A frame is a length, a kind and a text (runtimes/language/serve.py). */

/** `L`: a message of the protocol. `F`: files to write. `R`: a file to read. */
export type FrameKind = 'L' | 'F' | 'R'
export type Frame = { readonly kind: string; readonly text: string }

const HEADER_BYTES = 5
const MAX_BYTES = 8 * 1024 * 1024

export function writeFrame(kind: FrameKind, text: string): Buffer {
  const payload = Buffer.from(text)
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(payload.length)
  header.write(kind, HEADER_BYTES - 1)
  return Buffer.concat([header, payload])
}

/** Throws if a frame is too long. */
export function createFrameReader(): (chunk: Buffer) => readonly Frame[] {
  let chunks: Buffer[] = []
  let size = 0
  let wanted = HEADER_BYTES
  return (chunk) => {
    chunks.push(chunk)
    size += chunk.length
    const frames: Frame[] = []
    while (size >= wanted) {
      const all = Buffer.concat(chunks)
      const length = all.readUInt32BE()
      if (length > MAX_BYTES) throw new Error(`Expected a message of at most ${MAX_BYTES} bytes, found ${length}.`)
      wanted = HEADER_BYTES + length
      chunks = [all]
      if (size < wanted) break
      frames.push({
        kind: all.toString('latin1', HEADER_BYTES - 1, HEADER_BYTES),
        text: all.toString('utf8', HEADER_BYTES, wanted),
      })
      chunks = [all.subarray(wanted)]
      size -= wanted
      wanted = HEADER_BYTES
    }
    return frames
  }
}
