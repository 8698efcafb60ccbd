import { createHash } from 'node:crypto'

/** 256 random bits need no slow hash: nobody can try them all. */
export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex')
