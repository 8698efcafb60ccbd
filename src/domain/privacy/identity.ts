import { createHmac, type KeyObject } from 'node:crypto'

export const HASH = 'hmac:'
const HASH_HEX = 32

export const hashText = (key: Uint8Array | KeyObject, text: string): string =>
  `${HASH}${createHmac('sha256', key).update(text).digest('hex').slice(0, HASH_HEX)}`

/** The hash ignores case and surrounding blanks. */
export const identityOf = (key: Uint8Array | KeyObject, value: string): string => hashText(key, normalize(value))

const normalize = (value: string): string => value.normalize('NFKC').trim().toLowerCase()
