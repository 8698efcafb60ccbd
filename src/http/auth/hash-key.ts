import { createHash } from 'node:crypto'

/** 256 random bits need no slow hash: there are too many values to try. */
export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex')
