import { createHash } from 'node:crypto'

/** A slow hash is unnecessary for 256 random bits. */
export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex')
