import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

export type HeldLock = { close(): void }

const BUSY = 5

/**
 * Locks an existing file until the process ends, however it ends. Null if another process holds the lock, in any
 * container, or if the file was removed. Closing the file elsewhere would release the lock.
 */
export function holdLock(path: string): HeldLock | null {
  const url = pathToFileURL(path)
  url.searchParams.set('mode', 'rw')
  let lock: DatabaseSync | null = null
  try {
    lock = new DatabaseSync(url, { timeout: 0 })
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    if (existsSync(path)) return lock
  } catch (error) {
    if (!isBusy(error) && existsSync(path)) {
      lock?.close()
      throw error
    }
  }
  lock?.close()
  return null
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === BUSY
