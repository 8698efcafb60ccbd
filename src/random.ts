import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 4096
const pool = Buffer.allocUnsafeSlow(POOL_BYTES)
let used = POOL_BYTES

/**
 * For ids, nonces and salts: the system's generator takes 2 to 33 µs per call, and each run needs three ids. Keys and
 * tokens must not come from a pool, whose next bytes are in memory.
 */
export function pooledRandomBytes(count: number): Buffer {
  if (used + count > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = Buffer.from(pool.subarray(used, used + count))
  pool.fill(0, used, used + count)
  used += count
  return bytes
}

type IdPrefix =
  | 'wf'
  | 'ver'
  | 'run'
  | 'key'
  | 'srv'
  | 'inv'
  | 'ref'
  | 'chan'
  | 'alert'
  | 'ers'
  | 'trial'
  | 'net'
  | 'conn'
  | 'task'
  | 'dec'
  | 'exp'
  | 'view'

// Crockford's base 32 has no letters like digits, and sorts as ASCII.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const TIME_DIGITS = 10

/** Milliseconds since 1970. */
export const createdAtOf = (id: string): number => numberOf(id, TIME_DIGITS)

/** The number in an id of `numberedId`. */
export function numberOf(id: string, digits: number): number {
  const start = id.indexOf('_') + 1
  return [...id.slice(start, start + digits)].reduce((number, digit) => number * 32 + ALPHABET.indexOf(digit), 0)
}

/** `run_`, 10 digits of milliseconds and 16 random digits (80 bits). Ids sort by creation time. */
export const newId = (prefix: IdPrefix, now: number): string => numberedId(prefix, now, TIME_DIGITS)

/** The prefix, `digits` digits of the number and 16 random digits. */
export function numberedId(prefix: IdPrefix, number: number, digits: number): string {
  let start = ''
  for (let rest = number, digit = 0; digit < digits; digit += 1, rest = Math.floor(rest / 32)) {
    start = ALPHABET.charAt(rest % 32) + start
  }
  let tail = ''
  for (const byte of pooledRandomBytes(16)) tail += ALPHABET.charAt(byte & 31)
  return `${prefix}_${start}${tail}`
}
