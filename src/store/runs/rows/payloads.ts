import { promisify } from 'node:util'
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib'
import { type Db, toText } from '../../database/tables/tables.ts'

export const PLAIN = [
  'head_json',
  'body',
  'source',
  'files',
  'result_json',
  'logs_json',
  'calls_json',
  'recording',
] as const
export const PACKED = ['body_packed', 'result_packed', 'logs_packed'] as const

export const withPayloads = (db: Db) =>
  db
    .selectFrom('runs')
    .leftJoin('run_requests', 'run_requests.run_id', 'runs.id')
    .leftJoin('run_results', 'run_results.run_id', 'runs.id')
    .leftJoin('run_calls', 'run_calls.run_id', 'runs.id')

export type Stored<T> = { readonly plain: T | null; readonly packed: Uint8Array | null }

/** A body and an answer of 6 kB of JSON each take 250 µs instead of 155, and 3.7 kB on disk instead of 17. */
const MIN_PACKED_BYTES = 4096
/** Larger ones (0.2 ms) are compressed in another thread. */
const LARGE_BYTES = 256 * 1024
const WORTH = 0.9
const MAX_BYTES = 256 * 1024 * 1024

const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** Call it before the transaction: it may take long. */
export async function packBytes(bytes: Buffer): Promise<Stored<Buffer>> {
  if (bytes.length < MIN_PACKED_BYTES) return { plain: bytes, packed: null }
  const packed = bytes.length < LARGE_BYTES ? zstdCompressSync(bytes, OPTIONS) : await compress(bytes, OPTIONS)
  return packed.length < bytes.length * WORTH ? { plain: null, packed } : { plain: bytes, packed: null }
}

export async function packText(text: string | null): Promise<Stored<string>> {
  if (text === null || text.length < MIN_PACKED_BYTES) return { plain: text, packed: null }
  const { packed } = await packBytes(Buffer.from(text, 'utf8'))
  return { plain: packed === null ? text : null, packed }
}

export function unpackBytes({ plain, packed }: Stored<Uint8Array>): Uint8Array | null {
  return packed === null ? plain : zstdDecompressSync(packed, { maxOutputLength: MAX_BYTES })
}

let lastUnpacked: Promise<unknown> = Promise.resolve()

/** Unpacks one after the other: the ends of nine bodies of 10 MiB in one turn held the event loop for 363 ms. */
export async function unpackBytesAside({ plain, packed }: Stored<Uint8Array>): Promise<Uint8Array | null> {
  if (packed === null) return plain
  const unpacked = lastUnpacked.then(() => decompress(packed, { maxOutputLength: MAX_BYTES }))
  lastUnpacked = unpacked.catch(() => {})
  return await unpacked
}

export async function unpackTextAside({ plain, packed }: Stored<string>): Promise<string | null> {
  const bytes = await unpackBytesAside({ plain: null, packed })
  return bytes === null ? plain : toText(bytes)
}

/** Returns null if the unpacked size exceeds `maxBytes`. */
export function unpackSmall(packed: Uint8Array, maxBytes: number): Uint8Array | null {
  try {
    return zstdDecompressSync(packed, { maxOutputLength: maxBytes })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return null
    throw error
  }
}

export function unpackText({ plain, packed }: Stored<string>): string | null {
  const bytes = unpackBytes({ plain: null, packed })
  return bytes === null ? plain : toText(bytes)
}
