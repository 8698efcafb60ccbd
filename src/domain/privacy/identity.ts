/** Keyed hashes of values, by which a person is found again without the value itself. */

import { createHmac } from 'node:crypto'

export const HASH = 'hmac:'
const HASH_HEX = 32

/** Keyed hash of a value as it is written. */
export const hashText = (key: Uint8Array, text: string): string =>
  `${HASH}${createHmac('sha256', key).update(text).digest('hex').slice(0, HASH_HEX)}`

/** The hash by which a value is found again; its case and the blanks around it do not matter. */
export const identityOf = (key: Uint8Array, value: string): string => hashText(key, normalize(value))

const normalize = (value: string): string => value.normalize('NFKC').trim().toLowerCase()
