/** Ids sort by creation time. */

export type IdPrefix =
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

// Crockford's base 32 has no letters that look like digits, and sorts as ASCII.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const TIME_DIGITS = 10

/** Milliseconds since 1970. */
export function createdAtOf(id: string): number {
  const start = id.indexOf('_') + 1
  return [...id.slice(start, start + TIME_DIGITS)].reduce((time, digit) => time * 32 + ALPHABET.indexOf(digit), 0)
}

/** `run_`, 10 digits of milliseconds and 16 random digits (80 bits). `random` has at least 16 bytes. */
export function createId(prefix: IdPrefix, now: number, random: Uint8Array): string {
  let time = ''
  for (let rest = now, digit = 0; digit < TIME_DIGITS; digit += 1, rest = Math.floor(rest / 32)) {
    time = ALPHABET.charAt(rest % 32) + time
  }
  let tail = ''
  for (let index = 0; index < 16; index += 1) tail += ALPHABET.charAt((random[index] ?? 0) & 31)
  return `${prefix}_${time}${tail}`
}
