import { hash } from 'node:crypto'

export const HASH = 'hmac:'
const HASH_HEX = 32
/** The block of SHA-256. */
const BLOCK_BYTES = 64
const [INNER, OUTER] = [0x36, 0x5c]

export const hashText = (key: Uint8Array, text: string): string => `${HASH}${hmac(key, text).slice(0, HASH_HEX)}`

/** Ignores case and surrounding blanks. */
export const identityOf = (key: Uint8Array, value: string): string => hashText(key, normalize(value))

/** NFKC changes no ASCII, and took 6 µs per decision. */
const normalize = (value: string): string => (isAscii(value) ? value : value.normalize('NFKC')).trim().toLowerCase()

function isAscii(value: string): boolean {
  for (let at = 0; at < value.length; at += 1) if (value.charCodeAt(at) > 127) return false
  return true
}

/** HMAC-SHA-256 (RFC 2104) of two digests. `createHmac` took 25 µs more per decision. */
function hmac(key: Uint8Array, text: string): string {
  const { inner, outer } = blocksOf(key)
  const digest = hash('sha256', Buffer.concat([inner, Buffer.from(text)]), 'buffer')
  return hash('sha256', Buffer.concat([outer, digest]), 'hex')
}

type Blocks = { readonly inner: Buffer; readonly outer: Buffer }
const known = new WeakMap<Uint8Array, Blocks>()

function blocksOf(key: Uint8Array): Blocks {
  if (key.length > BLOCK_BYTES)
    throw new RangeError(`expected a key of at most ${BLOCK_BYTES} bytes, found ${key.length}`)
  const blocks = known.get(key) ?? { inner: padded(key, INNER), outer: padded(key, OUTER) }
  known.set(key, blocks)
  return blocks
}

function padded(key: Uint8Array, byte: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES, byte)
  for (const [at, one] of key.entries()) block[at] = one ^ byte
  return block
}
