import { inSlices } from './in-slices.ts'

/** A multiple of 4: each slice is valid base64. */
const SLICE_BYTES = 1024 * 1024

export async function decodeBase64(text: Buffer): Promise<Buffer | null> {
  return await inSlices(decode(text))
}

function* decode(text: Buffer): Generator<void, Buffer | null> {
  const parts: Buffer[] = []
  for (let from = 0; from < text.length; from += SLICE_BYTES) {
    const slice = text.toString('latin1', from, from + SLICE_BYTES)
    const part = Buffer.from(slice, 'base64')
    const isLast = from + SLICE_BYTES >= text.length
    // Node skips characters outside the alphabet.
    if (part.toString('base64') !== slice || (!isLast && slice.endsWith('='))) return null
    parts.push(part)
    yield
  }
  return Buffer.concat(parts)
}
