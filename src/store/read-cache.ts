/** Cache that is valid until the database changes. */

import type { Database } from './database/database.ts'

export type ReadCache<T> = (key: string, read: () => Promise<T>) => Promise<T>

export type ReadCacheOptions<T> = {
  readonly maxSize: number
  readonly sizeOf: (value: NonNullable<T>) => number
}

/**
 * Caches rows of the tables that `database.version` covers. Values are shared and must not be changed. Null is not
 * cached, so unknown keys take no memory. With 32 callers and six settings, reading and decrypting took a third of the
 * run time.
 */
export function createReadCache<T>(
  { version }: Pick<Database, 'version'>,
  { maxSize, sizeOf }: ReadCacheOptions<T>,
): ReadCache<T> {
  let known = new Map<string, NonNullable<T>>()
  let size = 0
  let at = version()
  const clear = () => {
    known = new Map()
    size = 0
  }
  const keep = (key: string, value: NonNullable<T>) => {
    const added = sizeOf(value)
    if (added > maxSize || known.has(key)) return
    if (size + added > maxSize) clear()
    known.set(key, value)
    size += added
  }
  return async (key, read) => {
    const now = version()
    if (now === null) return await read()
    if (now !== at) clear()
    at = now
    const found = known.get(key)
    if (found !== undefined) return found
    const value = await read()
    if (value != null && version() === now) keep(key, value)
    return value
  }
}
