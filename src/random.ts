/** Random bytes for ids. */

import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 4096
const pool = Buffer.allocUnsafeSlow(POOL_BYTES)
let used = POOL_BYTES

/**
 * Returns a copy of `count` unpredictable bytes, at most 256. They come from a pool: a call of the operating system's
 * generator takes 2 to 10 µs, and each run needs three ids. For ids only: keys and tokens are not taken from a pool.
 */
export function randomIdBytes(count: number): Buffer {
  if (used + count > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = Buffer.from(pool.subarray(used, used + count))
  pool.fill(0, used, used + count)
  used += count
  return bytes
}
